//! The rules as stories: records in, final cases, events and work items out, without any log.

mod afterwards;
mod answers;
mod authors;
mod campaign;
mod cardinality;
mod deaf;
mod deaf_random;
mod echo;
mod forgetting;
mod identity;
mod journeys;
mod late;
mod levels;
mod merges;
mod moment;
mod moments;
mod order;
mod praise;
mod retire;
mod signals;
mod story;
mod surveys;
mod tables;
mod threads;
mod told;
mod waits;
