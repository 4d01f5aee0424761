public import PawlCore

/// The tool by which a model hands in its proposal.
public enum ProposalTool {
  public static let name = "propose_change"

  /// All tools of a model that proposes.
  public static let definitions = [definition]

  /// One call holds the whole proposal; `EditReader` reads it.
  public static let definition = ToolDefinition(
    name: name,
    description: """
      Hands in your proposal: one hypothesis and all edits that test it. Each edit names a path and takes exactly one form: `search` \
      with `replace`, `diff`, `content`, or `delete`. All edits are meant for the files as they were shown to you, in no order, and may \
      not overlap.
      """,
    schema: """
      {
        "type": "object",
        "properties": {
          "hypothesis": {
            "type": "string",
            "description": "One sentence on one line: what you change and why it should help."
          },
          "edits": {
            "type": "array",
            "minItems": 1,
            "items": {
              "type": "object",
              "properties": {
                "path": {"type": "string", "description": "Relative to the repository's root, as it was shown."},
                "search": {
                  "type": "string",
                  "description": "Text that occurs exactly once in the file, to the letter; `replace` takes its place."
                },
                "replace": {"type": "string", "description": "What stands in the place of `search`; may be empty."},
                "diff": {"type": "string", "description": "Hunks of a unified diff of this one file."},
                "content": {"type": "string", "description": "The whole new content of the file, or of a new file."},
                "delete": {"type": "boolean", "description": "True to delete the file."}
              },
              "required": ["path"],
              "additionalProperties": false
            }
          },
          "cites": {
            "type": "array",
            "items": {"type": "string"},
            "description": "Optional: what the idea builds on, as in `note 3` or `trial 12`."
          },
          "note": {
            "type": "string",
            "description": "Optional: a finding that other agents should know, for the study's notebook; not the hypothesis again."
          }
        },
        "required": ["hypothesis", "edits"],
        "additionalProperties": false
      }
      """)
}
