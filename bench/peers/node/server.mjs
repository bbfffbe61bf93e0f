// LINE's SDK as its README shows it, with Express. With REPLY=1 it looks the sender up and replies before it answers.
import { messagingApi, middleware } from "@line/bot-sdk";
import express from "express";

const { PORT, CHANNEL_SECRET, CHANNEL_ACCESS_TOKEN, STUB, REPLY } = process.env;
const client = new messagingApi.MessagingApiClient({ channelAccessToken: CHANNEL_ACCESS_TOKEN, baseURL: STUB });

async function handle(event) {
  if (!REPLY || event.type !== "message" || event.message.type !== "text") return;
  const answer = await fetch(`${STUB}/users/${event.source.userId}/membership`);
  const { member } = await answer.json();
  const text = member ? event.message.text : "You are not our members, please join us";
  await client.replyMessage({ replyToken: event.replyToken, messages: [{ type: "text", text }] });
}

const app = express();
app.post("/callback", middleware({ channelSecret: CHANNEL_SECRET }), async (request, response) => {
  await Promise.all(request.body.events.map(handle));
  response.sendStatus(200);
});
app.listen(Number(PORT), "127.0.0.1");
