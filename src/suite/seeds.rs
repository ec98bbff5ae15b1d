//! Under which interleavings a case runs: freely, which no seed repeats, and under seeds, each of which does.

use super::plan::Plan;
use super::protocol::ClockKind;

/// How many seeds a case is run under of itself, if the order of what it does can matter.
const SEEDS_BY_DEFAULT: u64 = 8;

/// Under which seeds cases run. A case with a real clock or with servers knows no seeds: the order of what it does is
/// not the runtime's alone. It then runs freely, as it does with a driver that lacks the hook.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Seeds {
    /// Freely, and under eight seeds where the order can matter.
    #[default]
    WhereOrderMatters,
    /// Freely, and under 1 to this.
    UpTo(u64),
    /// Under these, and not freely.
    Only(Vec<u64>),
}

impl Seeds {
    /// The runs of a case: each freely or under a seed.
    pub(super) fn runs(&self, plan: &Plan) -> Vec<Option<u64>> {
        if plan.world.clock != ClockKind::Virtual || !plan.servers.is_empty() {
            return vec![None];
        }
        let up_to = |last| std::iter::once(None).chain((1..=last).map(Some)).collect();
        match self {
            Seeds::WhereOrderMatters if plan.order_matters => up_to(SEEDS_BY_DEFAULT),
            Seeds::WhereOrderMatters => vec![None],
            Seeds::UpTo(last) => up_to(*last),
            Seeds::Only(seeds) => seeds.iter().copied().map(Some).collect(),
        }
    }
}
