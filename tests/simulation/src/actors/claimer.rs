//! A claimer: claims, deploys, binds, renews, holds, releases, or lets it expire; uses tokens of before now and then, and
//! is the person who lets a stack out of quarantine.

use pipeline_core::{
    ids::{ExecutionId, FencingToken, Holder, Source, StackArn, StackName},
    lease::{
        due::later,
        perform::Leases,
        place::Place,
        record::Entered,
        refusal::Refusal,
        request::{Bind, Claim, Enter, Hold, List, Release, Renew, Request, Ttl},
        view::{Answer, View},
    },
    ports::Clock,
};

use crate::{
    cloud::{ACCOUNT, Executions, REGION, SERVICE},
    link::Link,
    op::{Deploy, Op, Reply},
    rng::Rng,
    scenario::{MARGIN, ms},
};

/// How long a request may take, in ms.
const PATIENCE: i64 = 60_000;
/// And one to enter, which may have to wait.
const ENTERING: i64 = 240_000;

/// What a claimer knows of its claim.
#[derive(Debug, Clone)]
struct Held {
    name: StackName,
    token: FencingToken,
    stack: Option<StackArn>,
    /// The execution that deploys it.
    execution: Option<ExecutionId>,
    claim: Claim,
}

pub(super) async fn live(link: Link<'_>) {
    let mut before: Option<Held> = None;
    loop {
        link.idle(link.world.scenario.thought).await;
        if let Some(held) = &before
            && link.chance(link.world.scenario.stale)
        {
            let _refused = ask(link, late_request(link, held)).await;
        }
        if link.chance(150) {
            look_after(link).await;
        }
        if let Some(held) = claim(link).await {
            before = Some(use_it(link, held).await);
        }
    }
}

/// Asks the real thing, and lets the oracle know.
pub(crate) async fn ask(link: Link<'_>, request: Request) -> Result<Answer, Refusal> {
    let place = Place { account: ACCOUNT.to_owned(), region: REGION.to_owned(), service: SERVICE.to_owned() };
    let nonce = || link.world.nonce();
    let leases =
        Leases { clock: &link, store: &link, stacks: &link, executions: &link, place, margin: ms(MARGIN), nonce };
    link.world.note(|| format!("{} asks {request:?}", link.actor));
    link.world.oracle.borrow_mut().asked(link.actor, &request);
    let patience = if matches!(request, Request::Enter(_)) { ENTERING } else { PATIENCE };
    let answer = leases.handle(request, later(link.now(), ms(patience))).await;
    link.world.note(|| format!("{} is told {answer:?}", link.actor));
    link.world.oracle.borrow_mut().answered(link.world, link.actor, &answer);
    answer
}

async fn view(link: Link<'_>, request: Request) -> Option<View> {
    match ask(link, request).await {
        Ok(Answer::Lease(view)) => Some(view),
        _ => None,
    }
}

fn name(link: Link<'_>) -> Option<StackName> {
    link.world.random(|rng| rng.pick(&link.world.scenario.names).parse().ok())
}

fn ttl(link: Link<'_>) -> Option<Ttl> {
    let seconds = link.world.random(|rng| rng.between(30, link.world.scenario.ttl / 1000));
    Ttl::try_from(i128::from(seconds)).ok()
}

/// Two claimers may claim for the same purpose.
fn source(link: Link<'_>) -> Option<Source> {
    let number = if link.world.scenario.shared_source && link.actor == 1 { 0 } else { link.actor };
    format!("pull request {number}").parse().ok()
}

async fn claim(link: Link<'_>) -> Option<Held> {
    let holder: Holder = link.world.uuid().to_string().parse().ok()?;
    let claim =
        Claim { stack: name(link)?, holder, ttl: ttl(link)?, source: source(link)?, empty_buckets: link.chance(500) };
    let mut granted = view(link, Request::Claim(claim.clone())).await;
    if granted.is_none() && link.chance(200) {
        granted = view(link, Request::Claim(claim.clone())).await;
    }
    let granted = granted?;
    Some(Held { name: claim.stack.clone(), token: granted.token, stack: None, execution: None, claim })
}

/// Until it is released, lost or forgotten.
async fn use_it(link: Link<'_>, mut held: Held) -> Held {
    let scenario = &link.world.scenario;
    // Some deploy in a pipeline, and some without one.
    if link.chance(scenario.pipelines) {
        held.execution = start(link, &held).await;
    } else if link.chance(900) {
        held.stack = deploy(link, &held).await;
    }
    for _ in 0..link.world.random(|rng| rng.below(3)) {
        link.idle(scenario.ttl / 2).await;
        let Some(request) = request(link, &held) else { break };
        if ask(link, request).await.is_err_and(|refusal| refusal.code() != "Unavailable") {
            return held;
        }
    }
    link.idle(scenario.thought).await;
    if link.chance(scenario.releases) {
        let release = Release { stack: held.name.clone(), token: held.token, quarantined: false };
        let _answer = ask(link, Request::Release(release)).await;
        if let Some(execution) = held.execution.as_ref().filter(|_| link.chance(600)) {
            pipeline(link, |executions, now, rng| executions.stop(execution, now, rng));
        }
    }
    held
}

fn request(link: Link<'_>, held: &Held) -> Option<Request> {
    let Held { name: stack, token, .. } = held.clone();
    Some(match link.world.random(|rng| rng.below(6)) {
        0 => Request::Hold(Hold {
            stack,
            token,
            until: later(link.now(), ms(link.world.random(|rng| rng.between(1_000, 3_600_000)))),
        }),
        1 => Request::Bind(Bind { stack, token, stack_id: any_stack(link).or(held.stack.clone()) }),
        _ => Request::Renew(Renew { stack, token, ttl: ttl(link)? }),
    })
}

/// Now and then somebody gives an id that is another stack's, or was.
fn any_stack(link: Link<'_>) -> Option<StackArn> {
    let cloud = link.world.cloud.borrow();
    let any = link.world.random(|rng| rng.pick(&cloud.stacks).facts.id.clone());
    link.chance(300).then_some(any)
}

/// With a token of before: refused, unless nobody claimed since.
fn late_request(link: Link<'_>, held: &Held) -> Request {
    let Held { name: stack, token, stack: id, execution, claim } = held;
    let (stack, token) = (stack.clone(), *token);
    let renew = || ttl(link).map(|ttl| Request::Renew(Renew { stack: stack.clone(), token, ttl }));
    let chosen = match link.world.random(|rng| rng.below(6)) {
        0 => renew(),
        // The action's event, once more.
        4 => execution.as_ref().map(|id| enter_request(held, id)),
        3 => Some(Request::Claim(claim.clone())),
        1 => Some(Request::Hold(Hold { stack: stack.clone(), token, until: later(link.now(), ms(600_000)) })),
        2 if id.is_some() => Some(Request::Bind(Bind { stack: stack.clone(), token, stack_id: id.clone() })),
        _ => None,
    };
    chosen.unwrap_or(Request::Release(Release { stack, token, quarantined: false }))
}

/// Starts an execution, which deploys later by itself if it is let in.
async fn start(link: Link<'_>, held: &Held) -> Option<ExecutionId> {
    let id: ExecutionId = link.world.uuid().to_string().parse().ok()?;
    let deploy = Deploy { name: held.name.clone(), token: held.token, with_bucket: link.chance(300) };
    pipeline(link, |executions, now, rng| executions.begin(&id, deploy, now, rng));
    let slowness = link.world.scenario.slowness;
    if enter(link, held, &id).await {
        pipeline(link, |executions, now, rng| executions.let_in(&id, slowness, now, rng));
    } else {
        pipeline(link, |executions, now, rng| executions.stop(&id, now, rng));
    }
    link.idle(slowness + 60_000).await;
    if !link.chance(link.world.scenario.unbound) {
        bind(link, held, None).await;
    }
    Some(id)
}

async fn enter(link: Link<'_>, held: &Held, id: &ExecutionId) -> bool {
    let mut answer = ask(link, enter_request(held, id)).await;
    if answer.as_ref().is_err_and(|refusal| refusal.code() == "Unavailable") && link.chance(500) {
        answer = ask(link, enter_request(held, id)).await;
    }
    answer.is_ok()
}

fn enter_request(held: &Held, id: &ExecutionId) -> Request {
    let entered = Entered { pipeline: "svc-preview".to_owned(), execution: id.clone() };
    Request::Enter(Enter { stack: held.name.clone(), token: held.token, entered, commits: None })
}

/// CodePipeline does this.
fn pipeline(link: Link<'_>, work: impl FnOnce(&mut Executions, i64, &mut Rng)) {
    let mut cloud = link.world.cloud.borrow_mut();
    link.world.random(|rng| work(&mut cloud.executions, link.world.now(), rng));
    link.world.go_on(&mut cloud);
}

async fn bind(link: Link<'_>, held: &Held, stack_id: Option<StackArn>) {
    let _answer = ask(link, Request::Bind(Bind { stack: held.name.clone(), token: held.token, stack_id })).await;
}

/// Deploys, looks after it for a while, and binds it.
async fn deploy(link: Link<'_>, held: &Held) -> Option<StackArn> {
    let deploy = Deploy { name: held.name.clone(), token: held.token, with_bucket: link.chance(300) };
    let deployed = link.call(Op::Deploy(Box::new(deploy))).await;
    link.idle(60_000).await;
    let Ok(Reply::Deployed(id)) = deployed else { return None };
    if !link.chance(link.world.scenario.unbound) {
        bind(link, held, link.chance(700).then(|| id.clone())).await;
    }
    Some(id)
}

/// A person looks at the leases, keeps one for a while, or lets one out of quarantine.
async fn look_after(link: Link<'_>) {
    if link.chance(200) {
        let _leases = ask(link, Request::List(List { limit: 100, after: None })).await;
    }
    let Some(name) = name(link) else { return };
    let Some(view) = view(link, Request::Show(name)).await else { return };
    let (stack, token) = (view.stack, view.token);
    match view.state {
        "QUARANTINED" => {
            let _answer = ask(link, Request::Release(Release { stack, token, quarantined: true })).await;
        }
        "DIRTY" => {
            let until = later(link.now(), ms(link.world.random(|rng| rng.between(1_000, 1_800_000))));
            let _answer = ask(link, Request::Hold(Hold { stack, token, until })).await;
        }
        _ => {}
    }
}
