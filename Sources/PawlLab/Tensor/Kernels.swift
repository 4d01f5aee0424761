internal import CPawlKernels

typealias Floats = UnsafeMutablePointer<Float>

/// What the operands of matrix products are rounded to; sums, weights and everything else are 32-bit floats.
public enum Precision: String, Sendable, CaseIterable {
  case float32
  /// bfloat16 where the processor multiplies it (AVX-512 BF16), else the same as ``float32``: faster, and learns as well.
  case bfloat16
}

/// The loops of one instruction set at one precision.
struct Kernels: @unchecked Sendable {
  // Safe to share: the tables are constants of the program.
  private let table: UnsafePointer<pawl_kernels>
  let precision: Precision

  /// The best variant that this processor runs; `PAWL_LAB_KERNELS` in the environment names another one.
  static let best: Kernels = {
    let name = environment("PAWL_LAB_KERNELS")
    guard let kernels = Kernels(named: name, .bfloat16) else {
      refuse(
        "this processor runs no kernels called `\(name ?? "")`; PAWL_LAB_KERNELS is one of \(names.joined(separator: ", "))"
      )
    }
    return kernels
  }()

  /// Every variant of the library, the best first, whether this processor runs it or not.
  static let names = ["avx512bf16", "avx512", "avx2", "neon", "openblas", "portable"]

  /// Finds a variant; nil when this processor has not what it needs.
  init?(named name: String?, _ precision: Precision) {
    guard let found = name.map({ pawl_kernels_find($0) }) ?? pawl_kernels_find(nil) else { return nil }
    table = found
    self.precision = precision
  }

  func with(_ precision: Precision) -> Kernels { Kernels(table: table, precision: precision) }

  private init(table: UnsafePointer<pawl_kernels>, precision: Precision) {
    self.table = table
    self.precision = precision
  }

  var name: String { String(cString: table.pointee.name) }
  /// The loops over rows and elements.
  var rows: pawl_kernels { @inline(__always) _read { yield table.pointee } }
  /// The matrix products and attention.
  var products: pawl_precision {
    @inline(__always) _read {
      yield precision == .bfloat16 ? table.pointee.brief.pointee : table.pointee.single.pointee
    }
  }
}

/// Memory that products need besides their operands, kept from one to the next; one for each thread.
final class Workspace {
  let memory: UnsafeMutablePointer<pawl_workspace>

  init() {
    memory = .allocate(capacity: 1)
    memory.initialize(to: pawl_workspace())
  }

  deinit {
    pawl_workspace_free(memory)
    memory.deallocate()
  }

  /// Returns at least so many bytes for a right factor that is packed, used once and forgotten.
  func packed(_ bytes: Int) -> UnsafeMutableRawPointer { pawl_workspace_reserve(memory, 15, UInt64(max(0, bytes))) }
}

/// Whether a factor is used as it lies in memory or transposed.
enum Orientation { case plain, transposed }

extension Kernels {
  /// Computes `result (+)= op(left) op(right) + bias`, row-major, with `rows` x `inner` and `inner` x `columns` after `op`.
  func multiply(
    _ left: Floats, step leftStep: Int, _ leftOrientation: Orientation = .plain, by right: Floats, step rightStep: Int,
    _ rightOrientation: Orientation = .plain, rows: Int, columns: Int, inner: Int, into result: Floats, step: Int,
    add: Bool = false, bias: Floats? = nil, _ workspace: Workspace
  ) {
    guard rows > 0, columns > 0, inner > 0 else { return }
    let products = products
    let packed = workspace.packed(products.packed_bytes(inner, columns))
    products.pack_right(right, rightStep, rightOrientation == .transposed ? 1 : 0, inner, columns, packed)
    Meter.charge(2 * rows * columns * inner)
    products.multiply(
      left, leftStep, leftOrientation == .transposed ? 1 : 0, packed, rows, columns, inner, result, step, add ? 1 : 0,
      bias, workspace.memory)
  }
}
