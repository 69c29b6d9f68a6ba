import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { takeKeyFromAddress } from "./operator_key.ts";

takeKeyFromAddress();

const root = document.getElementById("root");
if (root === null) throw new Error("The page has no #root to draw in");
createRoot(root).render(<App />);
