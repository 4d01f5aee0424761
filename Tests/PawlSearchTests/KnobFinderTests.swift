import PawlCore
import PawlSearch
import Testing

/// What a file must give: `name=literal` of each knob, in order.
struct Snippet: Sendable, CustomTestStringConvertible {
  let path: String
  let source: String
  let found: [String]
  init(_ path: String, _ source: String, _ found: [String]) {
    self.path = path
    self.source = source
    self.found = found
  }
  var testDescription: String { path + ": " + found.joined(separator: " ") }
  var knobs: [Knob] { KnobFinder.knobs(in: [path: source]) }
}

enum Snippets {
  static let languages: [Snippet] = [
    Snippet(
      "train.py",
      """
      import os
      from x import y
      ASPECT_RATIO = 64       # model_dim = depth * ASPECT_RATIO
      HEAD_DIM = 128
      WINDOW_PATTERN = "SSSL" # sliding window pattern
      TOTAL_BATCH_SIZE = 2**19 # ~524K tokens
      EMBEDDING_LR = 0.6
      WEIGHT_DECAY = 0.2
      ADAM_BETAS = (0.8, 0.95)
      WARMUP_RATIO = 0.0
      DEPTH: int = 8
      COMPILE = True
      """,
      [
        "ASPECT_RATIO=64", "HEAD_DIM=128", "TOTAL_BATCH_SIZE=2**19", "EMBEDDING_LR=0.6", "WEIGHT_DECAY=0.2",
        "ADAM_BETAS[0]=0.8", "ADAM_BETAS[1]=0.95", "WARMUP_RATIO=0.0", "DEPTH=8", "COMPILE=True",
      ]),
    Snippet(
      "config.py",
      """
      @dataclass
      class GPT:
          \"\"\"depth: 4
          width = 9
          \"\"\"
          depth: int = 12
          dropout: float = 0.1

          def forward(self, x=3):
              y = 7
              return y

      class TrainConfig(Base):
          lr = 3e-4

      class Model(nn.Module):
          scale = 2.0

      config = {
          "lr": 1e-3,
          "batch": 64 * 1024,
          "nested": {"warmup": 0.1},
      }
      args = dict(wd=0.01, layers=6)
      x = compute(lr=0.5)
      """,
      ["depth=12", "dropout=0.1", "lr=3e-4", "lr#2=1e-3", "batch=64 * 1024", "warmup=0.1", "wd=0.01", "layers=6"]),
    Snippet(
      "Model.swift",
      """
      import Foundation
      let depth = 8
      var rate: Double = 1e-3
      struct Config {
        static let width = 256
        var dropout: Float = 0.1
        func f() { let inner = 9 }
        var computed: Int { 12 }
      }
      let table = ["lr": 0.01, "wd": 0.2]
      """,
      ["depth=8", "rate=1e-3", "width=256", "dropout=0.1", "lr=0.01", "wd=0.2"]),
    Snippet(
      "model.cpp",
      """
      #include <vector>
      #define LAYERS 6
      #define SQUARE(x) ((x) * 2)
      constexpr float kLearningRate = 3e-4f;
      namespace model {
      static const int kHidden = 1 << 10;
      struct Config { int heads = 8; double wd = 0.01; };
      }
      int main(int argc, char** argv) {
        int local = 5;
        for (int i = 0; i < 10; i++) {}
        return 0;
      }
      int after = 12;
      """,
      ["LAYERS=6", "kLearningRate=3e-4f", "kHidden=1 << 10", "heads=8", "wd=0.01", "after=12"]),
    Snippet(
      "train.ts",
      """
      import x from "y";
      export const LR: number = 0.001;
      const config = { depth: 8, lr: 1e-2, nested: { dropout: 0.1 } };
      let batch = 1_024
      function f() { const inner = 3; }
      const g = () => { let deep = 4; };
      const text = `LR = ${1 + 1}
      const fake = 3
      `;
      class A { static width = 48; }
      """,
      ["LR=0.001", "depth=8", "lr=1e-2", "dropout=0.1", "batch=1_024", "width=48"]),
    Snippet(
      "main.rs",
      """
      use std::io;
      const DEPTH: usize = 8;
      pub static LR: f32 = 1e-3_f32;
      const CONFIG: Config = Config { heads: 4u32, wd: 0.1 };
      mod inner { pub const WIDTH: i32 = 300; }
      impl<'a> Model<'a> { fn f() { let x = 3; } const STEPS: usize = 50; }
      fn main() { let y = 3; }
      """,
      ["DEPTH=8", "LR=1e-3_f32", "heads=4u32", "wd=0.1", "WIDTH=300"]),
    Snippet(
      "main.go",
      """
      package main
      const depth = 8
      const (
        lr float64 = 1e-3
        heads = 6
      )
      var cfg = Config{Layers: 12, Dropout: 0.1}
      func main() {
        x := 3
        y = 4
      }
      """,
      ["depth=8", "lr=1e-3", "heads=6", "Layers=12", "Dropout=0.1"]),
    Snippet(
      "train.jl",
      """
      using Flux
      const depth = 8
      lr = 1e-3
      width::Int = 100
      #= momentum = 0.9
      =#
      function f(x)
        y = 3
      end
      """,
      ["depth=8", "lr=1e-3", "width=100"]),
    Snippet(
      "config.toml",
      """
      lr = 1e-3
      [model]
      depth = 8 # layers
      betas = [0.9, 0.95]
      flag = true
      title = "x"
      """,
      ["lr=1e-3", "model.depth=8", "model.betas[0]=0.9", "model.betas[1]=0.95", "model.flag=true"]),
    Snippet(
      "config.json",
      #"{"lr": 0.001, "model": {"depth": 8, "betas": [0.9, 0.999], "sizes": [1, 2]}, "list": [{"wd": -0.5}], "on": true}"#,
      ["lr=0.001", "model.depth=8", "model.betas[0]=0.9", "model.betas[1]=0.999", "list.wd=-0.5", "on=true"]),
    Snippet(
      "config.yaml",
      """
      # lr: 5
      lr: 1e-3
      model:
        depth: 8   # layers
        note: |
          width: 9
        betas: [0.9, 0.95]
        deep:
          dropout: 0.1
      time: 12:30
      items:
        - wd: 0.1
          flag: true
      text: 8 layers
      """,
      [
        "lr=1e-3", "model.depth=8", "model.betas[0]=0.9", "model.betas[1]=0.95", "model.deep.dropout=0.1",
        "items.wd=0.1", "items.flag=true",
      ]),
    Snippet(
      "train.sh",
      """
      #!/bin/bash
      DEPTH=8
      export LR=1e-3
      OPT=adam # pawl: adam | sgd
      f() {
        X=3
      }
      cat <<EOF
      WIDTH=9
      EOF
      Y=$((3 + 4))
      HEADS=6;
      """,
      ["DEPTH=8", "LR=1e-3", "OPT=adam", "HEADS=6"]),
    Snippet("run", "#!/usr/bin/env python3\nLR = 0.1\n", ["LR=0.1"]),
    Snippet("a.lua", "local depth = 8 -- layers\n--[[ lr = 0.1\n]]\nwd = 0.2\n", ["depth=8", "wd=0.2"]),
  ]

  static let nothing: [Snippet] = [
    Snippet("a.py", "SEED = 42\nRANDOM_SEED = 1337\nrng_seed = 7\nPORT = 8080\nVERSION = 3\nMAX_SEED = 9\n", []),
    Snippet("a.py", "__version__ = 3\n__x__ = 0.5\n", []),
    Snippet("a.py", "URL = \"http://x\"\nPATH = 'a/b'\nNAME = \"x\"\n", []),
    Snippet("a.py", "x = 8 + y\ny = 2 * z\nz = -w\na = 8 if b else 3\nb = 8 < 9\nc = f(8)\nd = x[3]\n", []),
    Snippet("a.py", "for step in range(10):\n    lr = 0.1\nif a == 8:\n    depth = 3\n", []),
    Snippet("a.py", "\"\"\"\nLR = 0.1\n\"\"\"\n'''\nDEPTH = 8\n'''\n# WD = 0.1\n", []),
    Snippet("a.py", "x = (3, 3)\ny = [28, 28]\nz = 0x1F\nw = 0\nv = -1\nu = 1j\nt = 10_0.5.6\n", []),
    Snippet("a.py", "f(\n  lr=0.1,\n  x=3,\n)\ny = g(\n  z=4,\n)\n", []),
    Snippet("a.py", "a, b = 8, 9\na += 8\nself.x = 8\nx[0] = 8\nLR = 0.1  # pawl: fixed\n", []),
    Snippet("a.py", "x = \"\"\"a\nLR = 0.1\n\"\"\"\ny = '\\'\nz = 8'\n", []),
    Snippet("a.c", "/*\nint depth = 8;\n*/\n// int x = 3;\nint f(void) { int y = 8; return y; }\n", []),
    Snippet("a.c", "#include \"x.h\"\n#if N > 8\n#endif\n#define VERSION 3\n#define F(x) 8\nint a[] = {1, 2};\n", []),
    Snippet("a.c", "const char* s = \"int depth = 8;\";\nenum { A = 8, B = 9 };\nchar c = '8';\nint z = 8 * y;\n", []),
    Snippet("a.swift", "func f(x: Int = 3) -> Int { let y = 8; return y }\nlet z = y + 8\nlet w = 8\n  + 9\n", []),
    Snippet(
      "a.swift", "enum E: Int { case a = 8 }\nlet s = \"let depth = 8\"\nlet t = \"\"\"\nlet u = 8\n\"\"\"\n", []),
    Snippet("a.js", "for (let i = 0; i < 8; i++) {}\nconst f = function () { let x = 8 };\nimport y from 'z';\n", []),
    Snippet("a.rs", "fn main() { const X: i32 = 8; let y = 9; }\nconst S: &str = \"const X: i32 = 8;\";\n", []),
    Snippet("a.go", "func main() {\n  const x = 8\n  lr := 0.1\n}\n", []),
    Snippet("package.json", "{\"config\": {\"depth\": 8}}", []),
    Snippet("a.json", "{\"version\": 3, \"port\": 8080, \"x\": [1, 2], \"s\": \"0.5\", \"seed\": 8}", []),
    Snippet("a.yaml", "- 8\n- 9\nname: x\nversion: 3\ntext: >\n  lr: 0.1\n  wd: 0.2\nflow: {\n  a: 8 }\n", []),
    Snippet("notes.md", "LR = 0.1\n", []),
    Snippet("data", "LR = 0.1\n", []),
  ]
}

struct Hinted: Sendable, CustomTestStringConvertible {
  let source: String
  let domain: KnobDomain?
  init(_ source: String, _ domain: KnobDomain?) {
    self.source = source
    self.domain = domain
  }
  var testDescription: String { source }
}

@Suite struct KnobFinderTests {
  @Test(arguments: Snippets.languages) func `finds the constants of a language`(_ snippet: Snippet) {
    #expect(snippet.knobs.map { "\($0.name)=\($0.literal)" } == snippet.found)
  }

  @Test(arguments: Snippets.nothing) func `leaves alone what is not a knob`(_ snippet: Snippet) {
    #expect(snippet.knobs.map { "\($0.name)=\($0.literal)" } == [])
  }

  @Test(arguments: Snippets.languages) func `says where each literal stands`(_ snippet: Snippet) throws {
    let lines = snippet.source.utf8.split(separator: 0x0a, omittingEmptySubsequences: false).map { Array($0) }
    for knob in snippet.knobs {
      let line = try #require(lines.indices.contains(knob.line - 1) ? lines[knob.line - 1] : nil)
      #expect(String(decoding: line[knob.columns], as: UTF8.self) == knob.literal)
    }
  }

  @Test func `tells knobs of one name apart`() {
    let files = ["train.py": "LR = 0.1\nWD = 0.2\n", "model.py": "LR = 0.3\nLR = 0.4\n"]
    #expect(KnobFinder.knobs(in: files).map(\.name) == ["model.py:LR", "LR#2", "train.py:LR", "WD"])
  }

  static let inferred: [(String, KnobDomain?)] = [
    ("HEAD_DIM = 128", .powerOfTwo(32...512)), ("BATCH = 2**19", .powerOfTwo(1 << 17...1 << 21)),
    ("BATCH = 4", .powerOfTwo(1...16)), ("DEPTH = 8", .integer(4...16, log: false)),
    ("heads = 6", .integer(3...12, log: false)), ("WIDTH = 300", .integer(150...600, log: true)),
    ("k1 = 1", .integer(1...2, log: false)), ("x = 0", nil), ("x = -3", nil),
    ("WARMUP_RATIO = 0.0", .real(0...0.5, log: false)),
    ("x = 0.0", .real(0...0.1, log: false)), ("MATRIX_LR = 0.5", .real(0.05...5, log: true)),
    ("learning_rate = 1.0", .real(0.1...10, log: true)), ("learningRate = 1.0", .real(0.1...10, log: true)),
    ("x = 0.01", .real(0.001...0.1, log: true)), ("dropout = 0.1", .real(0...1, log: false)),
    ("x = 0.7", .real(0...1, log: false)), ("x = 4.0", .real(1...16, log: true)), ("flag = True", .boolean),
    ("momentum = 0.5", .nearOne(1 - 0.9...1 - 0.05)), ("x = -2.0", .real(-4 ... -1, log: false)),
  ]
  @Test(arguments: inferred) func `infers a domain from name and value`(_ source: String, _ domain: KnobDomain?) {
    #expect(KnobFinder.knobs(in: ["a.py": source]).first?.domain == domain)
  }

  static let hinted: [Hinted] = [
    Hinted("D = 3 # pawl: 1...8", .integer(1...8, log: false)),
    Hinted("D = 3 # pawl: 1..8 layers", .integer(1...8, log: false)),
    Hinted("D = 3 # pawl: log 1...100", .integer(1...100, log: true)),
    Hinted("D = 3 # pawl: -3...3", .integer(-3...3, log: false)),
    Hinted("LR = 0.1 # pawl: 1e-4...1e-1 log", .real(1e-4...1e-1, log: true)),
    Hinted("LR = 0.1 # note. pawl: log 1e-4...1e-1", .real(1e-4...1e-1, log: true)),
    Hinted("LR = 0.1 # range: 0..1", .real(0...1, log: false)),
    Hinted("LR = 0.1 # arange: 0..2", .real(0.01...1, log: true)),
    Hinted("B = 16 # pawl: pow2 4...64", .powerOfTwo(4...64)),
    Hinted("B = 16 # pawl: pow2 5...60", .powerOfTwo(8...32)),
    Hinted("N = 'a' # pawl: choices \"a\", \"b\"", .choices(["a", "b"])),
    Hinted("N = \"a\" # pawl: a | b | c", .choices(["a", "b", "c"])),
    Hinted("N = 3 # pawl: 3 | 1 | 5", .numbers([1, 3, 5])),
    Hinted("N = 0.3 # pawl: choices 0.1, 0.3", .numbers([0.1, 0.3])),
    Hinted("SEED = 3 # pawl: 1...8", .integer(1...8, log: false)),
    Hinted("# pawl: 1...8\nD = 3", .integer(1...8, log: false)),
    Hinted("x = f(2) # pawl: 1...8\nD = 3", .integer(1...6, log: false)),
    Hinted("# pawl: 1...8\nD = 3 # pawl: 1...4", .integer(1...4, log: false)),
    Hinted("D = 3 # pawl: fixed", nil), Hinted("# pawl: fixed\nD = 3", nil),
    Hinted("D = 3 # pawl: gibberish", .integer(1...6, log: false)),
    Hinted("D = 3 # pawl: 8...1", .integer(1...6, log: false)),
    Hinted("D = 3 # pawl: 0.1...0.5", .integer(1...6, log: false)),
    Hinted("N = 'a' # pawl: 1...8", nil), Hinted("D = 3 # pawl: 1e300...1e308", .integer(1...6, log: false)),
  ]
  @Test(arguments: hinted) func `takes a domain from a comment`(_ hinted: Hinted) {
    #expect(KnobFinder.knobs(in: ["a.py": hinted.source]).first?.domain == hinted.domain)
  }

  @Test func `reads hints in each language's comments`() {
    let sources = [
      "a.swift": "let a = 3 // pawl: 1...4", "b.c": "int a = 3; /* pawl: 1...4 */", "c.yaml": "a: 3 # pawl: 1...4",
      "d.lua": "a = 3 -- pawl: 1...4", "e.h": "#define a 3 // pawl: 1...4", "f.toml": "a = 3 # pawl: 1...4",
      "g.jsonc": "{\"a\": 3} // pawl: 1...4", "h.jl": "a = 3 #= pawl: 1...4 =#",
    ]
    #expect(KnobFinder.knobs(in: sources).map(\.domain) == Array(repeating: .integer(1...4, log: false), count: 8))
  }

  @Test func `survives any bytes`() {
    var generator = SeededGenerator(seed: 1)
    let alphabet = [
      "\"", "'", "`", "#", "//", "/*", "*/", "=", "\n", "\r\n", " ", "{", "}", "(", ")", "[", "]", ",", ":",
      ";", "8", "1e", "-", "2**", "0.", "let ", "const ", "x", "é", "\u{301}", "👩‍👩‍👧", "\u{0}", "<<EOF", "\\", "pawl: ",
      "...", "|",
      "class Config:\n", "#define ", "9999999999999999999999", "1e999", "1 << 64", "\t", "@",
    ]
    let suffixes = ["py", "swift", "c", "ts", "rs", "go", "jl", "toml", "json", "yaml", "sh", "lua"]
    for round in 0..<600 {
      var source = ""
      if round % 3 == 0 {
        let bytes = (0..<300).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
        source = String(decoding: bytes, as: UTF8.self)
      } else {
        for _ in 0..<120 { source += alphabet[Int(generator.next() % UInt64(alphabet.count))] }
      }
      let path = "a." + suffixes[round % suffixes.count]
      let lines = source.utf8.split(separator: 0x0a, omittingEmptySubsequences: false).map { Array($0) }
      for knob in KnobFinder.knobs(in: [path: source]) {
        #expect(String(decoding: lines[knob.line - 1][knob.columns], as: UTF8.self) == knob.literal)
      }
      _ = KnobAgent.propose(files: [path: source], parent: nil, history: [], seed: 3, isKnown: { _ in false })
    }
  }

  @Test(arguments: ["py", "swift", "c", "json", "yaml", "toml", "sh", "go"])
  func `takes a very long line in its stride`(_ suffix: String) {
    for part in ["x = [", "{", "8,", "a = 8; ", "\"", "(", "let a = ", "2**", "/*", "-"] {
      let source = String(repeating: part, count: 3_000)
      #expect(KnobFinder.knobs(in: ["a." + suffix: source]).allSatisfy { $0.line == 1 })
    }
  }
}
