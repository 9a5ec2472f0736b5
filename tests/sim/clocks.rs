//! Machines whose clocks are off (RELIABILITY.md F22), told step by step.

use heard::engine::Mode;

use super::scenarios::{feed, run_for, told, world};
use super::toy::{Message, Toy, input};
use super::world::World;

const HOUR: i64 = 3_600_000;

/// An alarm for each of the counters, at this time from the start.
fn set_alarms(world: &World<'_, Toy>, after: i64) {
    let at = world.start.plus(after).0;
    let alarms: Vec<_> = (0..12)
        .map(|n| input(n, 0, &Message::Alarm { id: n, at }))
        .collect();
    feed(world, &alarms);
}

fn woken(world: &World<'_, Toy>) -> u64 {
    world.ear.counts.lock().expect("nobody panics with it").woken
}

#[test]
fn alarms_where_the_clock_is_off_wait_until_it_is_right_and_others_go_off_in_time() {
    for ahead in [HOUR, -HOUR] {
        let mut world = world(false, Mode::Live, 4, 2);
        world.instances[1].machine.set_ahead(ahead);
        for instance in [0, 1] {
            world.start(instance).expect("it starts");
        }
        run_for(&mut world, 500).expect("they run");
        set_alarms(&world, 3_000);
        run_for(&mut world, 2_400).expect("they run");
        assert_eq!(woken(&world), 0, "none is early");
        run_for(&mut world, 600).expect("they run");
        let in_time = woken(&world);
        assert!(0 < in_time && in_time < 12, "{in_time} of 12");
        run_for(&mut world, 5_000).expect("they run");
        assert_eq!(woken(&world), in_time, "the others wait");
        assert_eq!(told(&world, "no deadline fires until it is right"), 1);
        world.instances[1].machine.set_ahead(0);
        run_for(&mut world, 500).expect("they run");
        assert_eq!((woken(&world), told(&world, "is right again")), (12, 1));
    }
}

#[test]
fn a_jump_of_the_clock_is_noticed_before_anybody_is_asked() {
    let mut world = world(true, Mode::Live, 2, 1);
    world.start(0).expect("it starts");
    set_alarms(&world, HOUR / 2);
    run_for(&mut world, 500).expect("it runs");
    for ahead in [HOUR, 0, 6_000, 0] {
        world.instances[0].machine.set_ahead(ahead);
        run_for(&mut world, 300).expect("it runs");
    }
    assert_eq!(woken(&world), 0);
    // By the log's time it is as late as that now.
    world.log.advance(std::time::Duration::from_secs(1_800));
    run_for(&mut world, 500).expect("it runs");
    assert_eq!(woken(&world), 12);
}
