"""LINE's SDK as its README shows it, with FastAPI. With REPLY=1 it looks the sender up and replies before it answers."""

import os
from contextlib import asynccontextmanager

import aiohttp
import uvicorn
from fastapi import FastAPI, HTTPException, Request
from linebot.v3.exceptions import InvalidSignatureError
from linebot.v3.messaging import AsyncApiClient, AsyncMessagingApi, Configuration, ReplyMessageRequest, TextMessage
from linebot.v3.webhook import WebhookParser
from linebot.v3.webhooks import MessageEvent, TextMessageContent

STUB = os.environ["STUB"]
REPLY = "REPLY" in os.environ
parser = WebhookParser(os.environ["CHANNEL_SECRET"])


@asynccontextmanager
async def lifespan(app: FastAPI):
    configuration = Configuration(access_token=os.environ["CHANNEL_ACCESS_TOKEN"], host=STUB)
    async with AsyncApiClient(configuration) as client, aiohttp.ClientSession() as users:
        app.state.line = AsyncMessagingApi(client)
        app.state.users = users
        yield


app = FastAPI(lifespan=lifespan)


async def handle(event):
    if not isinstance(event, MessageEvent) or not isinstance(event.message, TextMessageContent):
        return
    async with app.state.users.get(f"{STUB}/users/{event.source.user_id}/membership") as answer:
        member = (await answer.json())["member"]
    text = event.message.text if member else "You are not our members, please join us"
    await app.state.line.reply_message(
        ReplyMessageRequest(reply_token=event.reply_token, messages=[TextMessage(text=text)])
    )


@app.post("/callback")
async def callback(request: Request):
    body = (await request.body()).decode()
    try:
        events = parser.parse(body, request.headers["X-Line-Signature"])
    except InvalidSignatureError as error:
        raise HTTPException(status_code=400) from error
    if REPLY:
        for event in events:
            await handle(event)
    return "OK"


uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), access_log=False, log_level="warning")
