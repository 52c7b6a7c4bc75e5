//! The API, described: made of the tables that it is checked and answered by.

use super::{Does, EXAMPLE_RUN, NAME, ROUTES, Route, fields, pretty, runs};
use crate::ask::parameter::{ESTIMATE, Kind, Parameter};
use crate::error::WebError;
use serde_json::{Value, json};

/// The description as OpenAPI 3.1.
pub(super) fn document() -> Result<String, WebError> {
    let paths = ROUTES.iter().map(|route| (route.path.to_owned(), path(route)));
    pretty(&json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Farebox",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What a token must cost, on a machine, for a traffic, within a promise.",
        },
        "servers": [{ "url": "/" }],
        "paths": paths.collect::<serde_json::Map<_, _>>(),
        "components": { "schemas": {
            "Error": error(),
            "Estimate": fields::schema(&fields::ESTIMATE),
            "Bill": fields::schema(&fields::BILL),
            "Held": fields::schema(&fields::HELD),
            "Model": fields::schema(&fields::MODEL),
            "Scenario": fields::schema(&fields::SCENARIO),
            "RunSummary": fields::schema(&fields::runs::SUMMARY),
            "Run": fields::schema(&[&fields::runs::SUMMARY[..], &fields::runs::RUN].concat()),
            "Curve": fields::schema(&fields::runs::CURVE),
            "Prices": fields::schema(&fields::runs::PRICES),
            "Telemetry": fields::schema(&fields::runs::TELEMETRY),
            "Comparison": fields::schema(&fields::runs::COMPARISON),
        } },
    }))
}

fn path(route: &Route) -> Value {
    let answer = |description: &str, schema: Value| json!({ "description": description, "content": { "application/json": { "schema": schema } } });
    let responses = json!({
        "200": answer("The answer", schema(route.does)),
        "4XX": answer("Why there is none", reference("Error")),
    });
    let get = || {
        json!({
            "summary": route.summary,
            "parameters": parameters(route),
            "responses": responses,
            "x-example": route.address(EXAMPLE_RUN),
        })
    };
    let post = |named: &[Parameter]| {
        let body = json!({ "application/json": { "schema": object(named) } });
        let body = json!({ "required": true, "content": body });
        json!({ "summary": route.summary, "requestBody": body, "responses": responses })
    };
    match route.does {
        Does::Estimate => json!({ "get": get(), "post": post(&ESTIMATE) }),
        Does::Fetch => json!({ "post": post(&ESTIMATE[..1]) }),
        _ => json!({ "get": get() }),
    }
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn schema(does: Does) -> Value {
    let list = |items: Value| json!({ "type": "array", "items": items });
    match does {
        Does::Estimate => json!({ "anyOf": [reference("Estimate"), reference("Bill")] }),
        Does::Ranked => json!({ "type": "object", "properties": {
            "estimates": list(reference("Estimate")),
            "fits_nowhere": list(json!({ "type": "string" })),
        } }),
        Does::BreakEven => json!({ "type": "object", "properties": {
            "estimate": reference("Estimate"),
            "usd_per_month": { "type": "number" },
            "capacity_requests_per_month": { "type": "number" },
            "hosted": list(reference("Held")),
        } }),
        Does::Models => list(reference("Model")),
        Does::Fetch => reference("Model"),
        Does::Gpus | Does::Prices | Does::Apis => list(json!({ "type": "object" })),
        Does::Scenarios => {
            json!({ "anyOf": [reference("Scenario"), list(reference("Scenario"))] })
        }
        Does::Hosted => list(reference("Bill")),
        Does::Runs => list(reference("RunSummary")),
        Does::Run => reference("Run"),
        Does::Curve => reference("Curve"),
        Does::RunPrices => reference("Prices"),
        Does::Telemetry => reference("Telemetry"),
        Does::Compare => reference("Comparison"),
        Does::OpenApi => json!({ "type": "object" }),
    }
}

fn parameters(route: &Route) -> Vec<Value> {
    let named = route.path.contains(NAME).then(name_in_path);
    named.into_iter().chain(asked(route.does)).collect()
}

fn name_in_path() -> Value {
    json!({
        "name": "name", "in": "path", "required": true, "schema": { "type": "string" },
        "description": "A run of the folder, its path below it, percent-encoded",
    })
}

/// What the query may hold.
fn asked(does: Does) -> Vec<Value> {
    let of = |name: &str, about: &str, schema: Value| json!({ "name": name, "in": "query", "description": about, "schema": schema });
    let text = || json!({ "type": "string" });
    let search = || of("q", "A part of a name, in any case", text());
    let known = |parameter: &Parameter| of(parameter.name, parameter.about, kind(parameter.kind));
    match does {
        Does::Estimate | Does::BreakEven => ESTIMATE.iter().map(known).collect(),
        Does::Ranked => {
            ESTIMATE.iter().filter(|p| !super::OWN.contains(&p.name)).map(known).collect()
        }
        Does::Models | Does::Gpus | Does::Prices | Does::Apis | Does::Runs => vec![search()],
        Does::Scenarios => vec![
            of("name", "One scenario; all without it", text()),
            of("set", "key=value: changes a figure of it; may be repeated", text()),
        ],
        Does::Hosted => {
            let named = ESTIMATE.iter().filter(|p| super::hosted::TAKEN.contains(&p.name));
            [search()].into_iter().chain(named.map(known)).collect()
        }
        Does::RunPrices => runs::PRICED_BY
            .map(|name| match name {
                "slo" => of(name, "A promise in place of the stored ones; may be repeated", text()),
                "utilisation" => {
                    of(name, "Share of the time that the machine is used, in %", share())
                }
                _ => of(name, "The whole billed machine, in USD per hour", usd()),
            })
            .into(),
        Does::Compare => {
            runs::COMPARED.map(|name| of(name, "A run; at least two, at most eight", text())).into()
        }
        Does::Fetch | Does::OpenApi | Does::Run | Does::Curve | Does::Telemetry => Vec::new(),
    }
}

fn share() -> Value {
    kind(Kind::Positive { most: 100.0 })
}

fn usd() -> Value {
    kind(Kind::Positive { most: 1e6 })
}

fn object(named: &[Parameter]) -> Value {
    let properties = named.iter().map(|parameter| {
        let mut schema = kind(parameter.kind);
        schema["description"] = parameter.about.into();
        (parameter.name.to_owned(), schema)
    });
    let properties: serde_json::Map<String, Value> = properties.collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

fn kind(kind: Kind) -> Value {
    let whole = |most: u64| json!({ "type": "integer", "minimum": 1, "maximum": most });
    match kind {
        Kind::Whole { most } => whole(most),
        Kind::WholeOr { most, word } => json!({ "anyOf": [whole(most), { "const": word }] }),
        Kind::Positive { most } => {
            json!({ "type": "number", "exclusiveMinimum": 0, "maximum": most })
        }
        Kind::Word { longest } => json!({ "type": "string", "maxLength": longest }),
    }
}

fn error() -> Value {
    let text = || json!({ "type": "string" });
    let detail = json!({
        "type": "object",
        "required": ["code", "message", "hint"],
        "properties": {
            "code": text(),
            "message": text(),
            "hint": { "type": ["string", "null"] },
        },
    });
    json!({ "type": "object", "required": ["error"], "properties": { "error": detail } })
}
