import { connectBreaches } from "../../support/breaches/connect.js";
import { itFinds } from "../../support/breaches.js";

itFinds(connectBreaches);
