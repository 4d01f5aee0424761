import PawlCore
import Testing

@testable import PawlCorpus

private let made = Making(
  model: "ab12", prompt: "In the\n", seed: UInt64.max, generation: 3, filters: ["exact", "near"])

@Test(arguments: [
  Document(id: "r12", text: "Once \"upon\"\ta\u{1}time\n\\ é 𝄞", source: .real(file: "data/real.jsonl", line: 12)),
  Document(id: "g3-0", text: "", source: .made(made), fields: ["book": "Genesis", "a": "b"]),
])
func `a document comes back from its line as it was`(document: Document) throws {
  #expect(!document.line.contains("\n"))
  #expect(try Document(line: document.line) == document)
}

@Test func `a document has the form that stages agree on`() {
  let document = Document(id: "g3-0", text: "a", source: .made(made), fields: ["b": "2", "a": "1"])
  #expect(
    document.line
      == #"{"id":"g3-0","text":"a","source":{"kind":"model","model":"ab12","prompt":"In the\n","seed":18446744073709551615,"generation":3,"filters":["exact","near"]},"fields":{"a":"1","b":"2"}}"#
  )
}

@Test func `only a text is needed of a user's own data`() throws {
  let document = try Document(
    line: #"{"text":"Once","fields":{"size":3,"new":true,"none":null}}"#, file: "data.jsonl", number: 7)
  #expect(document.id == "r7")
  #expect(document.source == .real(file: "data.jsonl", line: 7))
  #expect(document.fields == ["size": "3", "new": "true"])
}

@Test func `a generator's line becomes a made document with an id that lasts`() throws {
  let line = Array(#"{"text":"1+1=2","prompt":"1+1=","seed":17,"fields":{"size":"1"}}"#.utf8)
  let document = try Document(madeLine: line, model: "ab12", generation: 3)
  #expect(document.source == .made(Making(model: "ab12", prompt: "1+1=", seed: 17, generation: 3)))
  #expect(document.id == "g3-6ce3eb58f594747c")
  #expect(throws: CorpusError.self) {
    try Document(madeLine: Array(#"{"text":"a"}"#.utf8), model: "ab12", generation: 3)
  }
}

@Test(arguments: [
  (#"{"text":"Onc"#, "it is cut short"), (#"{"text":"a"} x"#, "more text follows the value, at byte 14"),
  ("[1]", "it is no JSON object"), (#"{"texts":"a"}"#, "it has no `text`"), (#"{"text":3}"#, "its `text` is no text"),
  ("{\"text\":\"a\u{1}\"}", "a control character stands in a string, at byte 11"),
  (#"{"text":"a","fields":[]}"#, "its `fields` are no object"),
  (#"{"text":"a","fields":{"b":[]}}"#, "its field `b` is no text"),
  (#"{"text":"a","source":{"kind":"dream"}}"#, "its source is of the kind `dream`"),
  (#"{"text":"a","source":{"kind":"real","file":"x"}}"#, "its source has no `line`"),
  (
    #"{"text":"a","source":{"kind":"model","model":"","prompt":"","seed":-1,"generation":1}}"#,
    "its `seed` is no whole number from 0"
  ),
])
func `a line that is no document is told with what is wrong`(line: String, message: String) throws {
  let error = try #require(throws: CorpusError.self) { try Document(line: line) }
  #expect(error.code == .malformed)
  #expect(error.message == message)
  #expect(!error.hints.isEmpty)
}
