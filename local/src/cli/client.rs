//! What the commands have in common that talk to a pipeline that is already there.

use aws_sdk_codepipeline::Client;

use super::account::{Account, AccountError, Default};
use super::call::CallError;
use super::change::ChangeError;
use super::choose::{self, ChooseError};
use super::dev::DevError;
use super::function::FunctionError;
use super::pr::PrError;
use super::preview::PreviewError;
use super::service::NotAService;
use super::setup::SetupError;
use super::source::SourceError;
use super::{End, args};

/// Why a command did not do what it should.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClientError {
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error(transparent)]
    Choose(#[from] ChooseError),
    #[error(transparent)]
    Call(#[from] CallError),
    #[error(transparent)]
    Function(#[from] FunctionError),
    #[error(transparent)]
    Service(#[from] NotAService),
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error(transparent)]
    Change(#[from] ChangeError),
    #[error(transparent)]
    Preview(#[from] PreviewError),
    #[error(transparent)]
    Pr(#[from] PrError),
    #[error(transparent)]
    Dev(#[from] DevError),
    #[error("no approval waits in pipeline {0}; `flowgate status {0}` shows where it is")]
    NothingWaits(String),
    #[error("no approval named {action} waits in pipeline {pipeline}; these do: {}", waiting.join(", "))]
    NoSuchApproval { pipeline: String, action: String, waiting: Vec<String> },
    #[error("several approvals wait in pipeline {pipeline}, name one with --action or --execution: {}", waiting.join(", "))]
    SeveralWait { pipeline: String, waiting: Vec<String> },
    #[error("pipeline {0} has no action {1}; `flowgate status {0}` lists them")]
    NoSuchAction(String, String),
    #[error("pipeline {0} has had no execution yet; push to its repository")]
    NoExecution(String),
    #[error(
        "pipeline {0} exists already, and its template is not here to deploy again with --parameter; deploy the stack \
         {0}-flowgate with other parameters, as the README tells"
    )]
    Made(String),
    #[error("pipeline {0} has an execution in progress; --parameter changes the pipeline, so push when that has ended")]
    Busy(String),
    #[error("{asked} is not what waits in pipeline {pipeline}, but {waiting}; nothing was answered")]
    Another { pipeline: String, asked: String, waiting: String },
    #[error("what is set aside already cannot be read, and would be lost, so nothing was changed: {0}")]
    Unread(#[source] CallError),
    #[error("nothing was answered")]
    NotAnswered,
    #[error("nothing was changed")]
    NotChanged,
    #[error("there is no terminal to ask at; name what is meant with --execution or --to, or say --yes")]
    UnnamedChange,
    #[error("name the claim with --token N, or say --yes for whichever stands: without a terminal nobody can be asked")]
    UnnamedClaim,
    #[error("name the pipeline: AWS_ENDPOINT_URL is not set, so this would change it in your AWS account")]
    Unnamed,
    #[error("name the service: AWS_ENDPOINT_URL is not set, so this would delete stacks in your AWS account")]
    UnnamedService,
    #[error("there is no pipeline in this account and region; deploy Flowgate's template.yaml, as the README tells")]
    NoneDeployed,
    #[error(
        "there is no pipeline {0} in this account; deploy Flowgate's template.yaml for it first, as the README tells"
    )]
    NotDeployed(String),
    #[error("pipeline {0} takes its source from elsewhere; push to that with git")]
    Elsewhere(String),
    #[error("there is no repository {0} in this account, though the pipeline releases it; create it first")]
    NoRepository(String),
}

impl ClientError {
    pub(super) fn end(&self) -> End {
        match self {
            Self::Call(error) | Self::Unread(error) | Self::Choose(ChooseError::Call(error)) => error.end(),
            Self::Function(error) => error.end(),
            Self::Setup(error) => error.end(),
            Self::Preview(PreviewError::Unheard { .. } | PreviewError::Kept { .. }) => End::NoCloud,
            _ => End::BadInput,
        }
    }
}

/// A client for a pipeline, and the pipeline's name.
pub(super) struct Chosen {
    pub(super) account: Account,
    pub(super) client: Client,
    pub(super) pipeline: String,
}

/// Finds out whom to ask, and about what. Whoever answers approvals must say what for, unless the cloud is local: the
/// default of the caller tells the two apart.
pub(super) async fn open(
    pipeline: &args::Pipeline,
    caller: &args::Caller,
    default: Default,
) -> Result<Chosen, ClientError> {
    choose(pipeline, caller, default, default == Default::Approver).await
}

/// The same for whoever changes where executions are: that, too, is done on AWS only to what was named.
pub(super) async fn open_to_change(pipeline: &args::Pipeline, caller: &args::Caller) -> Result<Chosen, ClientError> {
    choose(pipeline, caller, Default::Caller, true).await
}

async fn choose(
    pipeline: &args::Pipeline,
    caller: &args::Caller,
    default: Default,
    changes: bool,
) -> Result<Chosen, ClientError> {
    let account = Account::open(caller.name.as_deref(), default).await?;
    let client = Client::new(&account.sdk);
    let named = pipeline.name.as_deref();
    if named.is_none() && changes && !account.is_local() {
        return Err(ClientError::Unnamed);
    }
    let pipeline = match choose::pipeline(&client, named).await {
        Err(ChooseError::None) if !account.is_local() => return Err(ClientError::NoneDeployed),
        chosen => chosen?,
    };
    Ok(Chosen { account, client, pipeline })
}
