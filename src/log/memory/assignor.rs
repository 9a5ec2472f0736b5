//! The range assignor: of each topic, consecutive partitions to members in the order of their ids.

use std::collections::BTreeMap;

use super::super::{Topic, TopicPartition};

/// Who gets what. `members` are ids with what each is subscribed to, in the order of their ids;
/// `count` says how many partitions a topic has. Topics with equally many partitions and the same
/// subscribers are split alike.
pub(super) fn assign<'a>(
    members: impl Iterator<Item = (&'a str, &'a [Topic])> + Clone,
    count: impl Fn(&Topic) -> i32,
) -> BTreeMap<String, Vec<TopicPartition>> {
    let mut subscribers: BTreeMap<&Topic, Vec<&str>> = BTreeMap::new();
    for (member, topics) in members.clone() {
        for topic in topics {
            subscribers.entry(topic).or_default().push(member);
        }
    }
    let mut assigned: BTreeMap<String, Vec<TopicPartition>> = members
        .map(|(member, _)| (member.to_owned(), Vec::new()))
        .collect();
    for (topic, members) in subscribers {
        let shares = i32::try_from(members.len()).expect("a group has fewer than 2^31 members");
        let (each, more) = (count(topic) / shares, count(topic) % shares);
        let mut next = 0;
        for (member, index) in members.into_iter().zip(0..) {
            let end = next + each + i32::from(index < more);
            let share = (next..end).map(|p| TopicPartition::new(topic.clone(), p));
            assigned.entry(member.to_owned()).or_default().extend(share);
            next = end;
        }
    }
    assigned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_topic_is_split_among_those_subscribed_to_it() {
        let [x, y] = [Topic::new("x"), Topic::new("y")];
        let both = [x.clone(), y.clone()];
        let only_x = [x.clone()];
        let members = [("m1", &both[..]), ("m2", &only_x[..]), ("m3", &both[..])];
        let assigned = assign(members.into_iter(), |t| if *t == x { 5 } else { 2 });
        let shown: Vec<(String, Vec<String>)> = assigned
            .into_iter()
            .map(|(m, ps)| (m, ps.iter().map(ToString::to_string).collect()))
            .collect();
        let expected = [
            ("m1", vec!["x-0", "x-1", "y-0"]),
            ("m2", vec!["x-2", "x-3"]),
            ("m3", vec!["x-4", "y-1"]),
        ];
        let expected: Vec<(String, Vec<String>)> = expected
            .into_iter()
            .map(|(m, ps)| (m.into(), ps.into_iter().map(Into::into).collect()))
            .collect();
        assert_eq!(shown, expected);
    }
}
