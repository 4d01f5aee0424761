import PawlSearch
import Testing

@Suite struct CodeFingerprintTests {
  static func same(_ path: String, _ first: String, _ second: String) -> Bool {
    CodeFingerprint.normalised(of: [path: first]) == CodeFingerprint.normalised(of: [path: second])
  }

  @Test(arguments: [
    ("a.py", "LR = 0.10\n", "LR=1e-1 # tuned\n"), ("a.py", "N = 1_000\n", "\n\nN = 1000"),
    ("a.py", "if x:\n    a()\n    if y:\n        b()\nc()\n", "if x:\n  a()\n  if y:\n    b()\n\nc()  \n"),
    ("a.py", "f(a,\n  b)\n", "f(a, b)\n"), ("a.py", "x = .5\n", "x = 0.50\n"),
    ("a.swift", "let a = 1_0.0 /* ten */\n", "// ten\nlet a = 10.0\n"),
    ("a.c", "int f(){return 1'000;}", "int f()\n{\n  return 1000; // k\n}\n"),
    ("a.json", "{\"a\": 1.0, \"b\": [1, 2]}", "{\n  \"a\": 1.00,\n  \"b\": [ 1,2 ]\n}\n"),
    ("a.sh", "A=1  # one\n\n\nrun   $A\n", "A=1\nrun $A\n"), ("notes.txt", "a b  \n\n\nc\n", "a b\nc"),
  ])
  func `layout, comments and spelling do not count`(path: String, first: String, second: String) {
    #expect(Self.same(path, first, second))
  }

  @Test(arguments: [
    ("a.py", "x = 1\n", "x = 1.0\n"), ("a.py", "x = 0.1\n", "x = 0.2\n"), ("a.py", "s = 'a b'\n", "s = 'a  b'\n"),
    ("a.py", "s = '# a'\n", "s = '# b'\n"), ("a.py", "if x:\n  a()\nb()\n", "if x:\n  a()\n  b()\n"),
    ("a.py", "a\nb\n", "a; b\n"), ("a.c", "a + +b;", "a ++b;"), ("a.c", "#define A 1\nB", "#define A 1 B"),
    ("a.c", "x = 1.0;", "x = 1.0f;"), ("a.py", "x = 0x10\n", "x = 0x11\n"),
    ("a.sh", "A=1 run\n", "A= 1 run\n"), ("a.yaml", "v: 1.10\n", "v: 1.1\n"), ("a.yaml", "a:\n  b: 1\n", "a:\nb: 1\n"),
    ("notes.txt", "a b\n", "a  b\n"), ("a.py", "#!/bin/sh\nx\n", "#!/bin/dash\nx\n"),
    ("a.py", "ab = 1\n", "a, b = 1\n"),
  ])
  func `what may mean another thing is another candidate`(path: String, first: String, second: String) {
    #expect(!Self.same(path, first, second))
  }

  static let base = "LR = 0.1\nDEPTH = 8\n\ndef f(x):\n    x = norm(x)\n    return x\n\nWD = 0.2\n"

  @Test func `one change has one fingerprint on every parent that differs elsewhere`() {
    let other = Self.base.replacing("WD = 0.2", with: "WD = 0.4\nEMA = 0.9")
    func change(_ parent: String) -> UInt64? {
      CodeFingerprint.change(
        from: ["a.py": parent], to: ["a.py": parent.replacing("DEPTH = 8", with: "DEPTH = 12  # deep")])
    }
    #expect(change(Self.base) != nil)
    #expect(change(Self.base) == change(other))
    #expect(
      CodeFingerprint.change(from: ["a.py": Self.base], to: ["a.py": Self.base.replacing("0.1", with: "1e-1")]) == nil)
  }

  @Test func `another value, another place, another file and the way back are other changes`() {
    func change(_ old: String, _ new: String, path: String = "a.py") -> UInt64? {
      CodeFingerprint.change(from: [path: old], to: [path: new])
    }
    let deep = Self.base.replacing("DEPTH = 8", with: "DEPTH = 12")
    let all = [
      change(Self.base, deep), change(deep, Self.base), change(Self.base, deep, path: "b.py"),
      change(Self.base, Self.base.replacing("DEPTH = 8", with: "DEPTH = 16")),
      change(Self.base, Self.base.replacing("DEPTH", with: "WIDTH")),
      change("a\nb\nc\n", "a\nn\nb\nc\n"), change("a\nb\nc\n", "a\nb\nn\nc\n"), change("a\nb\nc\n", "b\na\nc\n"),
      change("a\nb\nc\n", "a\nc\nb\n"), CodeFingerprint.change(from: [:], to: ["a.py": ""]),
      CodeFingerprint.change(from: ["a.py": ""], to: [:]),
    ]
    #expect(all.allSatisfy { $0 != nil })
    // Made and removed empty files are one here: neither has a line.
    #expect(Set(all).count >= all.count - 1)
  }
}
