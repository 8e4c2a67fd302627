//! A function that reads one item with the AWS SDK as its documentation sets it up.

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::{Client, types::AttributeValue};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::value::RawValue;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let client = Client::new(&aws_config::load_defaults(BehaviorVersion::latest()).await);
    lambda_runtime::run(service_fn(|_: LambdaEvent<Box<RawValue>>| read(&client))).await
}

async fn read(client: &Client) -> Result<(), Error> {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let request = client.get_item().table_name("state").key("pk", text("verdict")).key("sk", text("verdict"));
    request.consistent_read(true).send().await?;
    Ok(())
}
