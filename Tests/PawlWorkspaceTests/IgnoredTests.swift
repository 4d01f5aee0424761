import PawlCore
import Testing

@testable import PawlWorkspace

@Suite struct `What git ignores` {
  @Test func `is known for paths that do not exist, have odd names or lie in .git`() throws {
    let repository = try TemporaryRepository(files: [".gitignore": "*.log\nout/\n!keep.log\n", "kept.log": "x"])
    let workspace = try Workspace.open(at: repository.root)
    let paths = [
      "a.py", "a.log", "out/b/c", "keep.log", ":(top)x.log", "a*b", "[x].log", "-n.log", "ü.log", ".git/config",
    ]
    #expect(
      try workspace.ignored(among: paths) == ["a.log", "out/b/c", ":(top)x.log", "[x].log", "-n.log", "ü.log"])
    #expect(try workspace.ignored(among: ["a.py"]) == [])
    #expect(try workspace.ignored(among: []) == [])
  }
}
