//! Names that nearly are a preview's.

use std::sync::LazyLock;

use pipeline_core::sweep::policy::is_ephemeral;
use proptest::prelude::*;
use regex_lite::Regex;

static WHOLE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\A(?:shop-pr-[0-9]+(?:-tests)?|shop-dev-[a-z0-9-]+)\z").expect("it is a pattern"));

/// Of these, names are made that look like a preview's.
const PIECES: &[&str] = &[
    "shop", "Shop", "ѕhop", "my", "-", "--", "_", "pr", "PR", "dev", "prod", "beta", "tests", "flowgate", "4", "42",
    "２", "a", "Ä", "\n", "\0", " ", "\u{200b}", "/", ".", "*", "",
];

fn near() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,24}",
        proptest::collection::vec(proptest::sample::select(PIECES), 0..8).prop_map(|pieces| pieces.concat()),
        (
            proptest::sample::select(PIECES),
            "shop-(pr-[0-9]{1,4}(-tests)?|dev-[a-z0-9-]{1,8})",
            proptest::sample::select(PIECES)
        )
            .prop_map(|(before, name, after)| format!("{before}{name}{after}")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn only_whole_names_are_ephemeral_whatever_stands_around_them(name in near()) {
        prop_assert_eq!(is_ephemeral("shop", &name), WHOLE.is_match(&name), "{:?}", name);
    }
}
