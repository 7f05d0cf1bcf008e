import { placeBreaches, sessionBreaches } from "../../support/breaches/connect.js";
import { itFinds } from "../../support/breaches.js";

itFinds([...placeBreaches, ...sessionBreaches]);
