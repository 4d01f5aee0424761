/// What the finder must know of a language to tell its constants from its comments, strings and expressions.
struct Syntax {
  enum Family { case python, indented, keyword, cLike, shell, toml, json, yaml }
  var family: Family
  var lineComments: [String] = []
  var blockComment: (open: String, close: String)?
  var nestsBlocks = false
  /// `"""` (and `'''` in Python) opens a string over many lines.
  var tripleQuotes = false
  /// `'` opens a string; otherwise it may be a character, a lifetime or an operator.
  var singleQuotes = false
  var backticks = false
  /// A `"` string may run over the line's end.
  var multilineStrings = false
  /// A `[` after `=` opens a dictionary.
  var bracketDictionaries = false
  /// A declaration ends with `;`, never with a line's end.
  var needsSemicolon = false

  static let slashes = Syntax(
    family: .keyword, lineComments: ["//"], blockComment: ("/*", "*/"))

  /// Files of other tools whose constants belong to nobody's research.
  private static let foreign: Set<String> = [
    "package.json", "package-lock.json", "tsconfig.json", "composer.json", "pyproject.toml", "cargo.toml",
    "package.swift", "package.resolved", "pawl.yaml", "pawl.yml", "docker-compose.yml", "docker-compose.yaml",
    "manifest.toml", "project.toml", "pnpm-lock.yaml",
  ]

  /// Returns nil for a file that has no constants to tune, or whose language is not known.
  static func of(path: String, content: [UInt8]) -> Syntax? {
    let file = path.split(separator: "/").last.map { $0.lowercased() } ?? ""
    guard !foreign.contains(file) else { return nil }
    let parts = file.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count > 1 ? byExtension(String(parts[parts.count - 1])) : byContent(content)
  }

  private static func byExtension(_ suffix: String) -> Syntax? {
    switch suffix {
    case "py", "pyi", "pyx": return python
    case "jl":
      return Syntax(
        family: .indented, lineComments: ["#"], blockComment: ("#=", "=#"), nestsBlocks: true, tripleQuotes: true)
    case "r", "rb": return Syntax(family: .indented, lineComments: ["#"], singleQuotes: true)
    case "lua": return Syntax(family: .indented, lineComments: ["--"], blockComment: ("--[[", "]]"), singleQuotes: true)
    case "swift":
      var swift = slashes
      swift.nestsBlocks = true
      swift.tripleQuotes = true
      swift.bracketDictionaries = true
      return swift
    case "js", "mjs", "cjs", "ts", "mts", "cts", "tsx", "jsx":
      var script = slashes
      script.singleQuotes = true
      script.backticks = true
      return script
    case "kt", "kts", "scala":
      var kotlin = slashes
      kotlin.nestsBlocks = true
      kotlin.tripleQuotes = true
      return kotlin
    case "rs":
      var rust = slashes
      rust.nestsBlocks = true
      rust.multilineStrings = true
      rust.needsSemicolon = true
      return rust
    case "zig":
      var zig = slashes
      zig.needsSemicolon = true
      return zig
    case "go":
      var go = slashes
      go.backticks = true
      return go
    case "c", "h", "cc", "cpp", "cxx", "hpp", "hh", "hxx", "cu", "cuh", "m", "mm", "metal", "java", "cs", "d":
      var c = slashes
      c.family = .cLike
      c.needsSemicolon = true
      return c
    case "sh", "bash", "zsh", "env": return shell
    case "toml", "ini", "cfg", "conf":
      return Syntax(family: .toml, lineComments: ["#"], tripleQuotes: true, singleQuotes: true)
    case "json", "jsonc", "json5":
      return Syntax(family: .json, lineComments: ["//"], blockComment: ("/*", "*/"))
    case "yaml", "yml": return Syntax(family: .yaml, lineComments: ["#"], singleQuotes: true)
    default: return nil
    }
  }

  private static func byContent(_ content: [UInt8]) -> Syntax? {
    guard content.starts(with: Array("#!".utf8)) else { return nil }
    let first = String(decoding: content.prefix { $0 != UInt8(ascii: "\n") }.prefix(200), as: UTF8.self)
    if first.contains("python") { return python }
    return first.hasSuffix("sh") ? shell : nil
  }

  private static let python = Syntax(family: .python, lineComments: ["#"], tripleQuotes: true, singleQuotes: true)
  private static let shell = Syntax(
    family: .shell, lineComments: ["#"], singleQuotes: true, multilineStrings: true)
}
