//! Takes topics and groups away, for `heard rebuild`.

use futures::executor::block_on;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::types::RDKafkaErrorCode as Code;

use super::settings::REQUEST_TIMEOUT;
use super::{KafkaLog, errors};
use crate::log::{ErrorKind, LogError, Topic};

impl KafkaLog {
    /// The members of a consumer group, by the names that they give themselves, sorted; none if there is no such group. One
    /// that was killed is a member until its session is over.
    ///
    /// # Errors
    /// What the brokers say; [`ErrorKind::Retriable`] too where one of them did not answer, since it might know the group.
    pub fn members(&self, group: &str) -> Result<Vec<String>, LogError> {
        self.admin.members(group)
    }

    /// Deletes topics, and waits until the brokers know them no more. One that does not exist is fine.
    ///
    /// # Errors
    /// What the brokers say.
    pub fn delete_topics(&self, topics: &[&Topic]) -> Result<(), LogError> {
        let during = "deleting topics";
        if topics.is_empty() {
            return Ok(());
        }
        let names: Vec<_> = topics.iter().map(|topic| topic.as_str()).collect();
        let answers = block_on(self.administration(during)?.delete_topics(&names, &options()))
            .map_err(|e| errors::request(during, &e))?;
        for answer in answers {
            match answer {
                Ok(_) | Err((_, Code::UnknownTopicOrPartition | Code::UnknownTopic)) => {}
                Err((topic, code)) => return Err(errors::answer(during, &topic, code)),
            }
        }
        let topics: Vec<_> = topics.iter().copied().cloned().collect();
        self.admin.until_gone(&topics)
    }

    /// Deletes a consumer group with its offsets. One that does not exist is fine.
    ///
    /// # Errors
    /// What the brokers say, such as that it has members.
    pub fn delete_group(&self, group: &str) -> Result<(), LogError> {
        let during = "deleting the consumer group";
        let answers = block_on(self.administration(during)?.delete_groups(&[group], &options()))
            .map_err(|e| errors::request(during, &e))?;
        for answer in answers {
            match answer {
                Ok(_) | Err((_, Code::GroupIdNotFound)) => {}
                Err((group, code)) => return Err(errors::answer(during, &group, code)),
            }
        }
        Ok(())
    }

    fn administration(&self, during: &'static str) -> Result<AdminClient<DefaultClientContext>, LogError> {
        let client = self.settings.admin().create();
        client.map_err(|e| LogError::new(ErrorKind::Fatal, during, e.to_string()))
    }
}

fn options() -> AdminOptions {
    AdminOptions::new()
        .request_timeout(Some(REQUEST_TIMEOUT))
        .operation_timeout(Some(REQUEST_TIMEOUT))
}
