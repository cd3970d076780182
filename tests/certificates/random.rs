//! Chains put together at random, with `openssl verify` as the oracle.

use super::chains::{Chain, compare};
use super::pki::*;

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % sides
    }

    /// Once in so many times.
    fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }
}

/// A recipe with a few oddities, each of which is rare.
fn odd(mut recipe: Recipe, dice: &mut Dice) -> Recipe {
    if dice.once_in(12) {
        recipe = recipe.days(-30, -1);
    }
    if dice.once_in(10) {
        let ca = dice.once_in(2);
        let length = dice.one_of(&[None, None, Some(0), Some(1)]).filter(|_| ca);
        recipe = recipe.with(basic_constraints(ca, length));
    }
    if dice.once_in(8) {
        let bits = [
            DIGITAL_SIGNATURE,
            KEY_CERT_SIGN,
            CRL_SIGN,
            KEY_AGREEMENT,
            KEY_CERT_SIGN | DIGITAL_SIGNATURE,
        ];
        recipe = recipe.with(key_usage(dice.one_of(&bits)));
    }
    if dice.once_in(8) {
        let usages: [&[&str]; 4] = [
            &[SERVER_AUTH],
            &[CLIENT_AUTH],
            &[ANY_USAGE],
            &[CLIENT_AUTH, SERVER_AUTH],
        ];
        recipe = recipe.with(extended_key_usage(dice.one_of(&usages)));
    }
    if dice.once_in(12) {
        recipe = recipe.with(netscape_type(dice.one_of(&[0x80, 0x40, 0x04, 0x44, 0x01])));
    }
    if dice.once_in(16) {
        recipe = recipe.with(critical(dice
            .one_of(&[unknown_extension as fn() -> _, || policies(&["1.2.3"])])(
        )));
    }
    if dice.once_in(6) {
        recipe = recipe.with(subject_key_id(dice.one_of(&[b"one", b"two"])));
    }
    if dice.once_in(6) {
        recipe = recipe.with(authority_key_id(dice.one_of(&[b"one", b"two"])));
    }
    if dice.once_in(10) {
        let lists: [(&[&str], &[&str]); 4] = [
            (&["example"], &[]),
            (&["other"], &[]),
            (&[], &["db.example"]),
            (&["IP:127.0.0.0/255.0.0.0"], &[]),
        ];
        let (permitted, excluded) = dice.one_of(&lists);
        recipe = recipe.with(name_constraints(permitted, excluded));
    }
    match dice.below(20) {
        0 => recipe.bare().version(1),
        1 => recipe.bare(),
        _ => recipe,
    }
}

/// A leaf below up to three CAs; some sent, some in the file, some in both, some twice.
fn random_chain(number: u64) -> Chain {
    let mut dice = Dice(number);
    // Few names, so that some CAs share one.
    let names = ["A", "B", "C", "D"];
    let mut issuers =
        vec![odd(Recipe::ca(dice.one_of(&names)).key(key("0")), &mut dice).self_signed()];
    for depth in 1..=dice.below(4) {
        let name = dice.one_of(&names);
        let recipe = Recipe::ca(name)
            .key(key(&depth.to_string()))
            .serial(&[1, depth as u8]);
        let issuer = issuers.last().unwrap().clone();
        issuers.push(odd(recipe, &mut dice).issued_by(&issuer));
    }
    let names: [&[&str]; 4] = [&["db.example"], &["*.example"], &["IP:127.0.0.1"], &[]];
    let leaf =
        odd(Recipe::server(dice.one_of(&names)), &mut dice).issued_by(issuers.last().unwrap());
    let mut presented = vec![leaf.clone()];
    let mut roots = Vec::new();
    for (depth, issuer) in issuers.iter().enumerate().rev() {
        if depth > 0 && !dice.once_in(8) || dice.once_in(4) {
            presented.insert(
                1 + dice.below(presented.len() as u64) as usize,
                issuer.clone(),
            );
        }
        if depth == 0 && !dice.once_in(12) || dice.once_in(6) {
            roots.insert(dice.below(roots.len() as u64 + 1) as usize, issuer.clone());
        }
    }
    if dice.once_in(20) || roots.is_empty() {
        roots.push(leaf);
    }
    Chain {
        name: format!("chain {number}"),
        roots,
        presented,
    }
}

#[test]
fn random_chains_are_judged_as_openssl_judges_them() {
    let seed = std::env::var("PGCHECK_SEED").map_or(0, |seed| seed.parse().unwrap());
    let count = std::env::var("PGCHECK_CHAINS").map_or(200, |count| count.parse().unwrap());
    let chains: Vec<_> = (seed..seed + count).map(random_chain).collect();
    let refused_alone = compare(&chains, 8);
    assert!(refused_alone.is_empty(), "{refused_alone:#?}");
}
