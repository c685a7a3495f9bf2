using System.Text.Json.Nodes;

namespace AceStep.Server.Deployment;

/// <summary>The OpenAPI 3.0 document of the deployment, in the form that Cog writes and its clients read; made from the table of fields.</summary>
internal static class OpenApiDocument
{
    private const string CogVersion = "0.22.0";

    public static JsonObject Create()
    {
        JsonObject schemas = new()
        {
            ["Input"] = Input(),
            ["Output"] = new JsonObject { ["title"] = "Output", ["type"] = "string", ["format"] = "uri" },
        };
        foreach (DeploymentField field in DeploymentInput.Fields.Where(field => field.Choices.Count > 0))
        {
            schemas[field.Name] = Enumeration(field);
        }

        schemas["Status"] = new JsonObject
        {
            ["title"] = "Status",
            ["description"] = "An enumeration.",
            ["type"] = "string",
            ["enum"] = Texts("starting", "processing", "succeeded", "canceled", "failed"),
        };
        schemas["PredictionRequest"] = Request();
        schemas["PredictionResponse"] = Response();
        schemas["ValidationError"] = ValidationError();
        schemas["HTTPValidationError"] = new JsonObject
        {
            ["title"] = "HTTPValidationError",
            ["type"] = "object",
            ["properties"] = new JsonObject { ["detail"] = new JsonObject { ["title"] = "Detail", ["type"] = "array", ["items"] = Reference("ValidationError") } },
        };
        return new JsonObject
        {
            ["openapi"] = "3.0.2",
            ["info"] = new JsonObject { ["title"] = "Cog", ["version"] = CogVersion },
            ["paths"] = Paths(),
            ["components"] = new JsonObject { ["schemas"] = schemas },
        };
    }

    private static JsonObject Input()
    {
        JsonObject properties = [];
        foreach ((int order, DeploymentField field) in DeploymentInput.Fields.Index())
        {
            properties[field.Name] = Property(field, order);
        }

        return new JsonObject { ["title"] = "Input", ["type"] = "object", ["properties"] = properties };
    }

    private static JsonObject Property(DeploymentField field, int order)
    {
        JsonObject property = new() { ["x-order"] = order };
        if (field.Choices.Count > 0)
        {
            property["allOf"] = new JsonArray(Reference(field.Name));
        }
        else
        {
            property["title"] = TitleOf(field.Name);
            property["type"] = TypeOf(field.Kind);
            if (field.Kind == DeploymentFieldKind.Audio)
            {
                property["format"] = "uri";
            }

            if (field.Default is null)
            {
                property["nullable"] = true;
            }

            if (field.Minimum is { } minimum)
            {
                property["minimum"] = minimum;
            }

            if (field.Maximum is { } maximum)
            {
                property["maximum"] = maximum;
            }
        }

        property["description"] = field.Description;
        if (field.Default is { } value)
        {
            property["default"] = Default(value);
        }

        return property;
    }

    private static JsonObject Enumeration(DeploymentField field) => new()
    {
        ["title"] = field.Name,
        ["description"] = "An enumeration.",
        ["type"] = TypeOf(field.Kind),
        ["enum"] = new JsonArray([.. field.Choices.Select(choice => (JsonNode)(field.Kind == DeploymentFieldKind.Text ? choice : int.Parse(choice, System.Globalization.CultureInfo.InvariantCulture)))]),
    };

    private static JsonObject Request() => new()
    {
        ["title"] = "PredictionRequest",
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            ["id"] = Typed("Id", "string"),
            ["input"] = Reference("Input"),
            ["created_at"] = Time("Created At"),
            ["context"] = new JsonObject { ["title"] = "Context", ["type"] = "object", ["additionalProperties"] = new JsonObject { ["type"] = "string" }, ["nullable"] = true },
            ["webhook"] = new JsonObject { ["title"] = "Webhook", ["type"] = "string", ["format"] = "uri" },
            ["webhook_events_filter"] = new JsonObject
            {
                ["title"] = "Webhook Events Filter",
                ["type"] = "array",
                ["items"] = new JsonObject { ["type"] = "string", ["enum"] = Texts("start", "output", "logs", "completed") },
            },
        },
    };

    private static JsonObject Response() => new()
    {
        ["title"] = "PredictionResponse",
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            ["input"] = Reference("Input"),
            ["output"] = Reference("Output"),
            ["id"] = Typed("Id", "string"),
            ["version"] = Typed("Version", "string"),
            ["created_at"] = Time("Created At"),
            ["started_at"] = Time("Started At"),
            ["completed_at"] = Time("Completed At"),
            ["status"] = Typed("Status", "string"),
            ["error"] = Typed("Error", "string"),
            ["logs"] = Typed("Logs", "string"),
            ["metrics"] = new JsonObject { ["title"] = "Metrics", ["type"] = "object" },
        },
    };

    private static JsonObject ValidationError() => new()
    {
        ["title"] = "ValidationError",
        ["type"] = "object",
        ["required"] = Texts("loc", "msg", "type"),
        ["properties"] = new JsonObject
        {
            ["loc"] = new JsonObject { ["title"] = "Location", ["type"] = "array", ["items"] = new JsonObject { ["anyOf"] = new JsonArray(new JsonObject { ["type"] = "string" }, new JsonObject { ["type"] = "integer" }) } },
            ["msg"] = Typed("Message", "string"),
            ["type"] = Typed("Error Type", "string"),
        },
    };

    private static JsonObject Paths() => new()
    {
        ["/"] = new JsonObject { ["get"] = Operation("Root", "root__get", Plain()) },
        ["/health-check"] = new JsonObject { ["get"] = Operation("Healthcheck", "healthcheck_health_check_get", Plain()) },
        ["/predictions"] = new JsonObject
        {
            ["post"] = new JsonObject
            {
                ["summary"] = "Predict",
                ["description"] = "Run a single prediction on the model",
                ["operationId"] = "predict_predictions_post",
                ["x-cog-streaming"] = true,
                ["parameters"] = new JsonArray(new JsonObject { ["in"] = "header", ["name"] = "prefer", ["required"] = false, ["schema"] = Typed("Prefer", "string") }),
                ["requestBody"] = Body(Reference("PredictionRequest")),
                ["responses"] = new JsonObject
                {
                    ["200"] = Answer("Successful Response", Reference("PredictionResponse")),
                    ["422"] = Answer("Validation Error", Reference("HTTPValidationError")),
                },
            },
        },
        ["/predictions/{prediction_id}/cancel"] = new JsonObject
        {
            ["post"] = new JsonObject
            {
                ["summary"] = "Cancel",
                ["operationId"] = "cancel_predictions__prediction_id__cancel_post",
                ["parameters"] = new JsonArray(new JsonObject { ["in"] = "path", ["name"] = "prediction_id", ["required"] = true, ["schema"] = Typed("Prediction ID", "string") }),
                ["responses"] = new JsonObject { ["200"] = Answer("Successful Response", []), ["422"] = Answer("Validation Error", Reference("HTTPValidationError")) },
            },
        },
        ["/shutdown"] = new JsonObject { ["post"] = Operation("Start Shutdown", "start_shutdown_shutdown_post", Plain()) },
    };

    private static JsonObject Operation(string summary, string id, JsonObject responses) => new() { ["summary"] = summary, ["operationId"] = id, ["responses"] = responses };

    private static JsonObject Plain() => new() { ["200"] = Answer("Successful Response", []) };

    private static JsonObject Answer(string description, JsonObject schema) =>
        new() { ["description"] = description, ["content"] = new JsonObject { ["application/json"] = new JsonObject { ["schema"] = schema } } };

    private static JsonObject Body(JsonObject schema) => new() { ["content"] = new JsonObject { ["application/json"] = new JsonObject { ["schema"] = schema } } };

    private static JsonObject Typed(string title, string type) => new() { ["title"] = title, ["type"] = type };

    private static JsonObject Time(string title) => new() { ["title"] = title, ["type"] = "string", ["format"] = "date-time" };

    private static JsonObject Reference(string schema) => new() { ["$ref"] = $"#/components/schemas/{schema}" };

    private static JsonArray Texts(params string[] texts) => new([.. texts.Select(text => (JsonNode)text)]);

    private static JsonNode Default(object value) => value switch
    {
        string text => text,
        bool flag => flag,
        double number => number,
        long number => number,
        _ => throw new InvalidOperationException($"A default of the type {value.GetType().Name} has no form in JSON."),
    };

    private static string TypeOf(DeploymentFieldKind kind) => kind switch
    {
        DeploymentFieldKind.Number => "number",
        DeploymentFieldKind.WholeNumber => "integer",
        DeploymentFieldKind.Flag => "boolean",
        _ => "string",
    };

    /// <summary>"infer_steps" is "Infer Steps".</summary>
    private static string TitleOf(string name) => string.Join(' ', name.Split('_').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
}
