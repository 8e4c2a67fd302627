"""Webhooks: their API, and whose requests to their URLs start pipelines."""

import hashlib
import hmac
import json
import os
import unittest
import urllib.error
import urllib.parse
import urllib.request

from releases import declaration, execution, executions
from service import OPENER, call, refusal

ARN = "arn:aws:codepipeline:us-east-1:000000000000:webhook:"
PUSH = json.dumps({"ref": "refs/heads/main", "commits": [{"id": 1}]}).encode()


def send(url, body=PUSH, **headers):
    """The status of the answer."""
    headers = {"Content-Type": "application/json", **headers}
    try:
        with OPENER.open(urllib.request.Request(url, body, headers, method="POST")) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def signature(secret, body=PUSH, algorithm="sha256"):
    return f"{algorithm}={hmac.new(secret.encode(), body, algorithm).hexdigest()}"


class Webhooks(unittest.TestCase):
    def setUp(self):
        self.name = self.id().rpartition(".")[2][:100]
        call("CreatePipeline", pipeline=declaration(self.name))

    def definition(self, **changed):
        return {
            "name": self.name,
            "targetPipeline": self.name,
            "targetAction": "Fetch",
            "filters": [{"jsonPath": "$.ref", "matchEquals": "refs/heads/{BranchName}"}],
            "authentication": "UNAUTHENTICATED",
            "authenticationConfiguration": {},
            **changed,
        }

    def put(self, **changed):
        return call("PutWebhook", webhook=self.definition(**changed))["webhook"]

    def started(self):
        return [one for one in executions(self.name) if one["trigger"]["triggerType"] == "Webhook"]

    def listed(self):
        return [one for one in call("ListWebhooks")["webhooks"] if one["definition"]["name"] == self.name]

    def test_a_request_that_the_filters_pass_starts_the_pipeline(self):
        webhook = self.put()
        self.assertEqual(webhook["arn"], ARN + self.name)
        self.assertTrue(webhook["url"].startswith(os.environ["AWS_ENDPOINT_URL"]), webhook["url"])
        self.assertNotIn("lastTriggered", webhook)
        other = json.dumps({"ref": "refs/heads/topic"}).encode()
        self.assertEqual((send(webhook["url"], other), self.started()), (200, []))
        self.assertEqual(send(webhook["url"]), 200)
        self.assertEqual(self.started()[0]["trigger"]["triggerDetail"], ARN + self.name)
        self.assertGreater(self.listed()[0]["lastTriggered"], 0)
        self.assertEqual(send(webhook["url"], b"no JSON"), 400)
        self.assertEqual(send(webhook["url"].rpartition("/")[0] + "/unknown"), 404)
        self.assertEqual(len(self.started()), 1)

    def test_another_definition_keeps_the_url_and_a_new_webhook_has_another(self):
        url = self.put()["url"]
        self.assertEqual(self.put(filters=[])["url"], url)
        self.assertEqual(self.listed()[0]["definition"]["filters"], [])
        self.assertEqual(call("DeleteWebhook", name=self.name), {})
        self.assertEqual(call("DeleteWebhook", name=self.name), {})
        self.assertEqual((self.listed(), send(url)), ([], 404))
        self.assertNotEqual(self.put()["url"], url)

    def test_only_who_signs_with_the_secret_is_believed(self):
        secret = {"SecretToken": "geheim"}
        webhook = self.put(authentication="GITHUB_HMAC", authenticationConfiguration=secret)
        self.assertEqual(webhook["definition"]["authenticationConfiguration"], {"SecretToken": "****"})
        for headers in ({}, {"X-Hub-Signature-256": signature("other")}, {"X-Hub-Signature": signature("geheim")}):
            self.assertEqual((send(webhook["url"], **headers), self.started()), (403, []))
        self.assertEqual(send(webhook["url"], **{"X-Hub-Signature-256": signature("geheim")}), 200)
        self.assertEqual(send(webhook["url"], **{"X-Hub-Signature": signature("geheim", PUSH, "sha1")}), 200)
        self.assertEqual(len(self.started()), 2)

    def test_only_who_is_in_the_range_is_believed(self):
        here = self.put(authentication="IP", authenticationConfiguration={"AllowedIPRange": "127.0.0.0/8"})
        self.assertEqual(send(here["url"]), 200)
        there = self.put(authentication="IP", authenticationConfiguration={"AllowedIPRange": "192.0.2.0/24"})
        self.assertEqual(send(there["url"]), 403)
        self.assertEqual(len(self.started()), 1)

    def test_a_page_of_another_site_starts_nothing(self):
        url = self.put()["url"]
        self.assertEqual((send(url, Origin="https://evil.example"), self.started()), (403, []))

    def test_what_keeps_it_from_starting_is_told(self):
        url = self.put()["url"]
        call("DeletePipeline", name=self.name)
        self.assertEqual(send(url), 400)
        self.assertEqual(self.listed()[0]["errorCode"], "PipelineNotFoundException")

    def test_tags(self):
        tags = [{"key": "team", "value": "time"}]
        made = call("PutWebhook", webhook=self.definition(), tags=tags)["webhook"]
        self.assertEqual(made["tags"], tags)
        call("TagResource", resourceArn=made["arn"], tags=[{"key": "a", "value": "b"}])
        call("UntagResource", resourceArn=made["arn"], tagKeys=["team"])
        self.assertEqual(call("ListTagsForResource", resourceArn=made["arn"])["tags"], [{"key": "a", "value": "b"}])
        nobody = refusal("ListTagsForResource", resourceArn=ARN + "nobody")
        self.assertEqual(nobody.code, "ResourceNotFoundException")
        many = [{"key": str(n), "value": ""} for n in range(50)]
        self.assertEqual(refusal("TagResource", resourceArn=made["arn"], tags=many).code, "TooManyTagsException")

    def test_definitions_that_could_not_work(self):
        for changed, code in (
            ({"targetPipeline": "nobody"}, "PipelineNotFoundException"),
            ({"targetAction": "Ask"}, "ValidationException"),
            ({"filters": [{"jsonPath": "$..ref"}]}, "InvalidWebhookFilterPatternException"),
            ({"filters": [{"jsonPath": "$.ref"}] * 6}, "ValidationException"),
            ({"authentication": "GITHUB_HMAC"}, "InvalidWebhookAuthenticationParametersException"),
            ({"authentication": "NONE"}, "ValidationException"),
        ):
            self.assertEqual(refusal("PutWebhook", webhook=self.definition(**changed)).code, code, changed)
        twice = [{"key": "a", "value": ""}] * 2
        self.assertEqual(refusal("PutWebhook", webhook=self.definition(), tags=twice).code, "InvalidTagsException")
        self.assertEqual(self.listed(), [])
        self.assertEqual(refusal("ListWebhooks", NextToken="garbage").code, "InvalidNextTokenException")


if __name__ == "__main__":
    unittest.main()
