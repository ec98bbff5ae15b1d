//! The embedding program: what it does with the components. It has no mailbox, and asks them as they ask each other.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use airssys_wasm::contract::{ComponentId, payload};
use airssys_wasm::runtime::{Call, Runtime, VirtualClock};

use super::generated;
use super::trace::{Line, Trace};

/// How the embedding program is called as a sender.
const HOST: &str = "host";

pub(crate) struct Host {
    pub(crate) runtime: Runtime,
    pub(crate) clock: VirtualClock,
    pub(crate) trace: Arc<Trace>,
}

impl Host {
    /// All that happens, from the first load to the last unload.
    pub(crate) async fn play(&self) -> Result<(), Box<dyn Error>> {
        self.trace.title("Four components, and what their manifests grant them");
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let (fixtures, sources) = (package.join("fixtures"), package.join("examples/pipeline"));
        let made = tempfile::tempdir()?;
        let counter = self.load(&fixtures.join("counter")).await?;
        let words = self.load(&fixtures.join("words")).await?;
        let slow = self.load(&generated::component(&sources.join("slow"), made.path())?).await?;
        let feeder = self.load(&generated::component(&sources.join("feeder"), made.path())?).await?;

        self.pause_before("Three texts at a time: two by way of the feeder, one from the host").await;
        let (first, second, third) = tokio::join!(
            self.execute(&feeder, "op-1", "raw:the quick brown fox"),
            self.execute(&feeder, "op-2", "raw:jumps over the lazy dog"),
            self.request(&words, "raw:and the host has words too"),
        );
        first.and(second).and(third)?;
        self.clock.quiesce().await;

        self.pause_before("A request that times out after 250 ms, and its response after 400").await;
        self.execute(&feeder, "op-3", "raw:to slow").await?;
        self.clock.advance(Duration::from_millis(500)).await;

        self.pause_before("A request that no line of the manifest grants").await;
        self.execute(&feeder, "op-4", "raw:to counter").await?;
        self.clock.quiesce().await;

        self.pause_before("The end").await;
        for component in [&feeder, &slow, &words, &counter] {
            self.runtime.unload(component).await?;
        }
        Ok(())
    }

    /// Lets some time pass, so that what follows stands apart.
    async fn pause_before(&self, title: &str) {
        self.clock.advance(Duration::from_millis(10)).await;
        self.trace.title(title);
    }

    async fn load(&self, directory: &Path) -> Result<ComponentId, Box<dyn Error>> {
        let id = self.runtime.load(directory).await?;
        let grants = self.runtime.grants(&id).ok_or("what was loaded is not there")?;
        let rules: Vec<String> =
            grants.rules().iter().map(|rule| format!("{} {} {:?}", rule.class, rule.action, rule.pattern)).collect();
        let text = if rules.is_empty() { "nothing".to_owned() } else { rules.join(", ") };
        self.trace.add(&Line { who: id.as_str(), kind: "is granted", text, ..Line::default() });
        Ok(id)
    }

    async fn execute(&self, id: &ComponentId, name: &str, operation: &str) -> Result<(), Box<dyn Error>> {
        let text = operation.to_owned();
        self.trace.add(&Line {
            who: HOST,
            to: Some(id.as_str()),
            kind: "executes",
            request: name,
            text,
            ..Line::default()
        });
        let call = Call { request_id: Some(name.to_owned()), ..Call::default() };
        self.runtime.execute(id, payload::parse(operation)?, call).await?;
        Ok(())
    }

    async fn request(&self, id: &ComponentId, text: &str) -> Result<(), Box<dyn Error>> {
        let line = Line { who: HOST, to: Some(id.as_str()), kind: "asks", text: text.to_owned(), ..Line::default() };
        self.trace.add(&line);
        let answer = self.runtime.request(id, HOST, payload::parse(text)?, Duration::from_secs(1)).await;
        let text = answer.map_or_else(|why| format!("=> {why}"), |bytes| payload::render(&bytes));
        self.trace.add(&Line { who: HOST, from: Some(id.as_str()), kind: "hears", text, ..Line::default() });
        Ok(())
    }
}
