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
