/// A symbolic link must not lead out of the candidate's folder.
struct LinkRule {
  /// Targets by the paths of links.
  let links: [[UInt8]: [UInt8]]

  /// Throws `linkLeadsOut` for the first link, by path, that leads out.
  func check() throws(WorkspaceError) {
    for (path, target) in links.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) where leadsOut(path, target) {
      throw WorkspaceError(
        .linkLeadsOut, "the symbolic link `\(path.shown)` points to `\(target.shown)`, outside of the repository",
        hints: [
          "replace it by the file itself, or by a relative link within the repository",
          "let attempts read data elsewhere with `sandbox.read` in pawl.yaml",
        ])
    }
  }

  /// Follows the target the way the kernel does, through other links too (path_resolution(7)).
  private func leadsOut(_ path: [UInt8], _ target: [UInt8]) -> Bool {
    var place = parts(path).dropLast()
    var ahead = Array(parts(target).reversed())
    if target.first == 0x2f { return true }
    var followed = 0
    while let part = ahead.popLast() {
      if part == [0x2e] { continue }
      if part == [0x2e, 0x2e] {
        if place.popLast() == nil { return true }
        continue
      }
      place.append(part)
      guard let next = links[Array(place.joined(separator: [0x2f]))] else { continue }
      if next.first == 0x2f { return true }
      followed += 1
      // The kernel gives up after 40 as well, so the link leads nowhere.
      if followed > 40 { return false }
      place.removeLast()
      ahead += parts(next).reversed()
    }
    return false
  }

  private func parts(_ path: [UInt8]) -> [[UInt8]] { path.split(separator: 0x2f).map { Array($0) } }
}
