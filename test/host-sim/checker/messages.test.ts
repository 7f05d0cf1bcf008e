import { idBreaches, limitBreaches } from "../../support/breaches/messages.js";
import { itFinds } from "../../support/breaches.js";

itFinds([...idBreaches, ...limitBreaches]);
