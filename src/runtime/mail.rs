//! Mail as a component's task handles it: one message, publication or callback, and what becomes of the request behind it.

use super::actor::Actor;
use super::bindings::{IncomingMessage, Publication};
use super::clock::Work;
use super::command::{Answer, Command};
use super::error::CallError;
use super::event::Export;
use super::guest_error;
use super::messaging::dead_letter;
use super::messaging::letter::{Charge, Letter};
use super::messaging::outcome::{self, Callback};

impl Actor {
    /// Calls `handle-message`, and answers whoever waits for that. A message whose handling fails is not handled again.
    pub(crate) async fn serve_message(&mut self, letter: Box<Letter>, answer: Option<Answer<()>>, work: &mut Work) {
        self.component.made_room();
        let ready = if self.is_ready() { Ok(()) } else { self.make_ready(work).await };
        let result = match ready {
            Ok(()) => self.handle_message(letter, work).await,
            Err(error) => {
                if answer.is_none() {
                    self.bury(Command::Message(letter, None));
                }
                Err(error)
            }
        };
        if let Some(answer) = answer {
            self.reply(answer, result);
        }
    }

    fn bury(&self, command: Command) {
        dead_letter::bury(&self.services, &self.component, vec![command], "no instance could be started");
    }

    async fn handle_message(&mut self, letter: Box<Letter>, work: &mut Work) -> Result<(), CallError> {
        let Letter { sender, payload, request_id, request, topic, charge } = *letter;
        if let Some(topic) = topic {
            let publication = Publication { publisher: sender, topic: topic.to_string(), payload };
            return self.handle_publication(publication, charge, work).await;
        }
        if let Some(request) = request {
            self.services.messaging.requests.hold(request);
        }
        let millis = self.timeout_ms(None);
        let instance = self.instance.as_mut().ok_or(CallError::NotRunning(self.component.state()))?;
        self.used = true;
        let message = IncomingMessage { sender, payload, request_id };
        let called = instance.handle_message((&message, request), millis, work).await;
        drop(charge);
        match called.result {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                let error = guest_error::messaging(error);
                if let Some(closed) = request.and_then(|request| self.services.messaging.requests.fail(request)) {
                    let why = format!("{} rejected it: {error}", self.component.id());
                    outcome::tell_failed(&self.services, vec![closed], &why);
                }
                Err(error)
            }
            Err(ended) => Err(self.discard(ended, Export::HandleMessage, work).await),
        }
    }

    /// Calls `handle-publication`. What the guest answers concerns nobody but whoever reads the log.
    async fn handle_publication(
        &mut self,
        publication: Publication,
        charge: Option<Charge>,
        work: &mut Work,
    ) -> Result<(), CallError> {
        let millis = self.timeout_ms(None);
        let instance = self.instance.as_mut().ok_or(CallError::NotRunning(self.component.state()))?;
        self.used = true;
        let called = instance.handle_publication(publication, millis, work).await;
        drop(charge);
        // Only what exports the function can have subscribed.
        let Some(called) = called else { return Ok(()) };
        match called.result {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                let error = guest_error::messaging(error);
                tracing::info!(component = self.component.id().as_str(), %error, "a publication was answered by an error");
                Err(error)
            }
            Err(ended) => Err(self.discard(ended, Export::HandlePublication, work).await),
        }
    }

    /// Calls `handle-callback`. What the guest answers concerns nobody.
    pub(crate) async fn serve_callback(&mut self, callback: Box<Callback>, work: &mut Work) {
        if !self.is_ready() && self.make_ready(work).await.is_err() {
            return self.bury(Command::Callback(callback));
        }
        let Callback { request, outcome, charge } = *callback;
        let millis = self.timeout_ms(None);
        let Some(instance) = self.instance.as_mut() else { return };
        self.used = true;
        let outcome = outcome.map_err(guest_error::undelivered);
        let called = instance.handle_callback(request, outcome.as_deref(), millis, work).await;
        drop(charge);
        match called.result {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                let error = guest_error::messaging(error);
                tracing::debug!(component = self.component.id().as_str(), %error, "a callback was answered by an error");
            }
            Err(ended) => {
                self.discard(ended, Export::HandleCallback, work).await;
            }
        }
    }
}
