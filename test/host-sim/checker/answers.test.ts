import { expect, it } from "vitest";
import { answerBreaches } from "../../support/breaches/messages.js";
import { itFinds } from "../../support/breaches.js";
import { Conversation, PUBREC } from "../../support/watched.js";

itFinds(answerBreaches);

it("[MQTT-3.3.4-1] a wrong answer settles its own message only", () => {
	const talk = new Conversation("3.1.1").online().serverPublish("a", 1, 5).serverPublish("a", 1, 6);
	expect(talk.ack(PUBREC, 5).wait(30_001).ids).toEqual(["MQTT-3.3.4-1", "MQTT-4.3.2-2"]);
	expect(talk.found.map(({ packet }) => packet)).toEqual(["PUBREC", "PUBACK"]);
});
