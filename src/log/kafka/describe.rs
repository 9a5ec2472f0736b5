//! How topics are kept on the brokers, for `heard topics`.

use futures::executor::block_on;
use rdkafka::admin::{AdminClient, AdminOptions, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;

use super::settings::REQUEST_TIMEOUT;
use super::{KafkaLog, errors};
use crate::log::{ErrorKind, LogError, Topic};

impl KafkaLog {
    /// The settings in force of topics that exist, in the order asked, broker defaults included.
    ///
    /// # Errors
    /// What the brokers say, such as that a topic does not exist or may not be described.
    pub fn topic_settings(&self, topics: &[Topic]) -> Result<Vec<Vec<(String, String)>>, LogError> {
        let during = "asking for the settings of topics";
        if topics.is_empty() {
            return Ok(Vec::new());
        }
        let client: AdminClient<DefaultClientContext> = self
            .settings
            .admin()
            .create()
            .map_err(|e| LogError::new(ErrorKind::Fatal, during, e.to_string()))?;
        let asked: Vec<_> = topics
            .iter()
            .map(|topic| ResourceSpecifier::Topic(topic.as_str()))
            .collect();
        let options = AdminOptions::new().request_timeout(Some(REQUEST_TIMEOUT));
        let answers =
            block_on(client.describe_configs(&asked, &options)).map_err(|e| errors::request(during, &e))?;
        let mut found = Vec::with_capacity(topics.len());
        for (topic, answer) in topics.iter().zip(answers) {
            let resource = answer.map_err(|code| errors::answer(during, topic, code))?;
            let entries = resource.entries.into_iter();
            found.push(
                entries
                    .filter_map(|entry| Some((entry.name, entry.value?)))
                    .collect(),
            );
        }
        Ok(found)
    }
}
