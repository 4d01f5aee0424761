import PawlGuard
import Testing

@Suite struct `Globs` {
  @Test(arguments: [
    ("train.py", "train.py", true), ("train.py", "src/train.py", false), ("train.py", "train.pyc", false),
    ("./train.py", "train.py", true), ("*.py", "train.py", true), ("*.py", "src/train.py", false),
    ("*.py", ".py", true), ("src/*", "src/a", true), ("src/*", "src/a/b", false), ("src/", "src/a/b", true),
    ("src/", "src", false), ("src/", "srcs/a", false), ("src/**", "src/a/b", true), ("**/*.py", "a.py", true),
    ("**/*.py", "x/y/a.py", true), ("a/**/b", "a/b", true), ("a/**/b", "a/x/y/b", true), ("a/**/b", "ab", false),
    ("a/**/b", "a/xb", false), ("a**b", "a/x/b", true), ("?.py", "a.py", true), ("?.py", "ab.py", false),
    ("a?b", "a/b", false), ("[abc].py", "b.py", true), ("[abc].py", "d.py", false), ("[a-c]", "b", true),
    ("[!a-c]", "b", false), ("[!a-c]", "d", true), ("[!a]", "/", false), ("[]]", "]", true), ("[a-]", "-", true),
    ("\\*.py", "*.py", true), ("\\*.py", "a.py", false), ("**", "any/thing", true), (".", "any/thing", true),
    ("./", "x", true), ("ä/*.py", "ä/x.py", true), ("A.py", "a.py", false), ("with space.py", "with space.py", true),
    ("a\nb", "a\nb", true), ("*", "", true),
  ])
  func `match whole paths from the root`(pattern: String, path: String, expected: Bool) throws {
    #expect(try #require(Glob(pattern)).matches(path) == expected)
  }

  @Test(arguments: ["", "/etc", "../a", "a/../b", "[abc", "[", "[!", "[]", "[z-a]", "a\\", "a\0b", ".//"])
  func `refuse patterns that cannot be meant`(pattern: String) { #expect(Glob(pattern) == nil) }

  @Test func `take no exponential time`() throws {
    let glob = try #require(Glob(String(repeating: "*a", count: 40) + "/**/" + String(repeating: "*a", count: 40)))
    #expect(!glob.matches(String(repeating: "a", count: 400) + "b"))
  }
}
