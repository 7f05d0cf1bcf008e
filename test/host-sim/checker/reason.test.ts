import { reasonBreaches } from "../../support/breaches/encoding.js";
import { itFinds } from "../../support/breaches.js";

itFinds(reasonBreaches);
