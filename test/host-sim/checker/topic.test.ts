import { topicBreaches } from "../../support/breaches/messages.js";
import { itFinds } from "../../support/breaches.js";

itFinds(topicBreaches);
