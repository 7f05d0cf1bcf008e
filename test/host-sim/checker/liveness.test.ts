import { livenessBreaches } from "../../support/breaches/connect.js";
import { itFinds } from "../../support/breaches.js";

itFinds(livenessBreaches);
