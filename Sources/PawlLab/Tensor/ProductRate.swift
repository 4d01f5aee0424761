internal import CPawlKernels

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The library that candidates load while they run, on processors that have no loops of their own here.
package var libraryOfProducts: String? {
  guard Kernels.best.name == "openblas", let path = pawl_kernels_openblas_path() else { return nil }
  return String(cString: path)
}

/// How fast this machine multiplies matrices of a model's shapes, with nothing between the products: what training can at best reach.
package struct ProductRate: Sendable {
  /// The variant of the loops, such as `avx512bf16`.
  package let variant: String
  /// Floating-point operations a second, of all threads together.
  package let operationsPerSecond: Double
  /// Operations of all products of a step, attention included, for each byte of text.
  package let operationsPerToken: Double

  /// Multiplies operands that are packed or in the caches already, for each shape as often as a step does, over and over.
  ///
  /// - Parameter seconds: how long each thread does so, at least.
  package static func measure(
    depth: Int, width: Int, context: Int, threads: Int, precision: Precision, seconds: Double
  ) -> ProductRate {
    let kernels = Kernels.best.with(precision)
    let rows = 256
    // The linear maps of a block (inputs, outputs, how many), and the head.
    let maps = [(width, width, 4 * depth), (width, 4 * width, depth), (4 * width, width, depth), (width, 256, 1)]
    // A map's output, the gradient of its input, the gradient of its weight: rows, columns, inner dimension.
    let products = maps.flatMap { inputs, outputs, count in
      [(rows, outputs, inputs, count), (rows, inputs, outputs, count), (inputs, outputs, rows, count)]
    }
    let crew = Crew(threads)
    let rates = UnsafeMutableBufferPointer<Double>.allocate(capacity: crew.count)
    defer { rates.deallocate() }
    crew.run { rates[$0] = rate(of: products, kernels, seconds) }
    let linear = maps.reduce(0) { $0 + 6 * $1.0 * $1.1 * $1.2 }
    // Two products forwards and four backwards over the half of the scores that a causal model makes.
    let attention = depth * width * (context + 1) * 6
    return ProductRate(
      variant: kernels.name, operationsPerSecond: rates.reduce(0, +), operationsPerToken: Double(linear + attention))
  }

  private static func rate(of products: [(Int, Int, Int, Int)], _ kernels: Kernels, _ atLeast: Double) -> Double {
    let workspace = Workspace()
    let loops = kernels.products
    let prepared = products.map { rows, columns, inner, count in
      let (left, right) = (FloatBuffer(count: rows * inner), FloatBuffer(count: inner * columns))
      for index in 0..<rows * inner { left.memory[index] = Float(index % 7) - 3 }
      for index in 0..<inner * columns { right.memory[index] = Float(index % 5) - 2 }
      let packed = FloatBuffer(count: (loops.packed_bytes(inner, columns) + 3) / 4)
      loops.pack_right(right.memory, columns, 0, inner, columns, packed.memory)
      return (left, packed, FloatBuffer(count: rows * columns), rows, columns, inner, count)
    }
    var (operations, elapsed) = (0.0, 0.0)
    while elapsed < atLeast {
      let began = seconds(CLOCK_MONOTONIC)
      for (left, packed, result, rows, columns, inner, count) in prepared {
        for _ in 0..<count {
          loops.multiply(
            left.memory, inner, 0, packed.memory, rows, columns, inner, result.memory, columns, 0, nil, workspace.memory
          )
        }
        operations += Double(2 * rows * columns * inner * count)
      }
      elapsed += seconds(CLOCK_MONOTONIC) - began
    }
    return operations / elapsed
  }
}
