import Testing

@testable import PawlCore

@Suite struct JSONTests {
  @Test(arguments: [
    "null", "true", "false", "0", "-0", "1.50", "1e400", "-12.5E-3", "\"\"", "[]", "{}", #"[1,"a",[null],{"b":false}]"#,
    #"{"a":1,"a":2,"":{"c":[]}}"#, #""ä🐾\"\\\n\r\t\u0001""#, "123456789012345678901234567890.10",
  ])
  func `a value is written as it was read`(text: String) {
    #expect(JSONValue(text)?.text == text)
    #expect(JSONValue(" \t\r\n\(text)\n ")?.text == text)
  }

  @Test(arguments: [
    "", " ", "nul", "nullx", "01", "1.", ".5", "+1", "-", "1e", "NaN", "Infinity", "'a'", "\"a", "\"\n\"", #""\x""#,
    #""\u12""#,
    "[1,]", "[1 2]", "[", "{", "{1:2}", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, "[]]", "1 2", "{\"a\":1", "// a\n1",
    "\u{feff}1",
  ])
  func `what is no JSON is nothing`(text: String) { #expect(JSONValue(text) == nil) }

  @Test func `escapes are read, pairs of surrogates too, and half a pair is a replacement`() {
    #expect(JSONValue(#""\/\b\f\u00e4\ud83d\udc3e""#)?.string == "/\u{8}\u{c}ä🐾")
    #expect(JSONValue(#""\ud83dx\udc3e\ud83d\u0041""#)?.string == "\u{fffd}x\u{fffd}\u{fffd}A")
    #expect(JSONValue(bytes: [0x22, 0xff, 0x61, 0x22])?.string == "\u{fffd}a")
  }

  @Test func `nesting ends at 128, whatever else a text holds`() {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(JSONValue(nested(128)) != nil)
    #expect(JSONValue(nested(129)) == nil)
    #expect(JSONValue(String(repeating: "[{\"a\":", count: 100_000)) == nil)
  }

  @Test(
    arguments: [
      (#"{"a":1,}"#, .malformed("a key in quotes is expected", at: 7)),
      (#"{"a" 1}"#, .malformed("`:` is expected", at: 5)),
      (#"{"a":1;}"#, .malformed("`,` or `}` is expected", at: 6)),
      ("[1 2]", .malformed("`,` or `]` is expected", at: 3)),
      ("", .cut), (" ", .cut), ("{", .cut), ("{\"a\"", .cut), ("{\"a\":1", .cut), ("[1,", .cut), ("\"a", .cut),
      ("\"\\", .cut),
      ("\"\\u12", .cut), ("\"\\ud83d\\u", .cut), ("tru", .cut), ("-", .cut), ("1.", .cut), ("1e", .cut),
      ("nul!", .malformed("a value is expected", at: 3)), ("[x]", .malformed("a value is expected", at: 1)),
      ("-x", .malformed("a digit is expected", at: 1)), ("1.e", .malformed("a digit is expected", at: 2)),
      ("01", .malformed("more text follows the value", at: 1)),
      ("1 1", .malformed("more text follows the value", at: 2)),
      ("\"\\x\"", .malformed("a string holds an unknown escape", at: 1)),
      ("\"\\u12g4\"", .malformed("`\\u` takes four hexadecimal digits", at: 5)),
      ("\"a\n\"", .malformed("a control character stands in a string", at: 2)),
      (String(repeating: "[", count: 100_000), .malformed("values are nested too deeply", at: 128)),
    ] as [(String, JSONValue.Failure)])
  func `a text that is cut is told from one that is malformed`(text: String, failure: JSONValue.Failure) {
    #expect(throws: failure) { try JSONValue(reading: Array(text.utf8)) }
  }

  @Test func `rules let breaks pass inside of strings, and refuse names that come twice and deeper values`() throws {
    let rules = JSONValue.Rules(allowsBreaks: true, requiresDistinctNames: true, depthLimit: 64)
    func read(_ text: String) throws(JSONValue.Failure) -> JSONValue {
      try JSONValue(reading: Array(text.utf8), rules: rules)
    }
    let text = #" {"a" : [1, -2.5e3, true, null, "x\u00e9\ud83d\ude00\n"], "b": {"a": 1}} "#
    #expect(try read(text) == JSONValue(text))
    #expect(try read("\"a\r\n\tb\"") == .string("a\r\n\tb"))
    #expect(throws: JSONValue.Failure.malformed("a control character stands in a string", at: 1)) {
      try read("\"\u{b}\"")
    }
    #expect(throws: JSONValue.Failure.malformed("a key comes twice in one object", at: 7)) {
      try read(#"{"a":1,"a":2}"#)
    }
    #expect(throws: JSONValue.Failure.malformed("values are nested too deeply", at: 64)) {
      try read(String(repeating: "[", count: 100_000))
    }
  }

  @Test func `numbers are whole or nothing where a whole one is asked for`() {
    #expect(JSONValue("3.0")?.integer == 3)
    #expect(JSONValue("3e2")?.integer == 300)
    #expect(JSONValue("3.5")?.integer == nil)
    #expect(JSONValue("9223372036854775807")?.integer == .max)
    #expect(JSONValue("9223372036854775808")?.integer == nil)
    #expect(JSONValue("1e400")?.integer == nil && JSONValue("1e400")?.double == nil)
    #expect(JSONValue.real(.nan) == .null)
    #expect(JSONValue.real(0.5).text == "0.5")
  }

  @Test func `the newest of two members of one name counts`() {
    #expect(JSONValue(#"{"a":1,"a":2}"#)?["a"]?.integer == 2)
    #expect(JSONValue("[]")?["a"] == nil)
    #expect(JSONValue.members(("a", nil), ("b", .null)).text == #"{"b":null}"#)
  }
}
