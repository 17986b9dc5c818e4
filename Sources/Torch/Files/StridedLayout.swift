/// Where the elements of a tensor lie in its storage.
struct StridedLayout {
    let shape: [Int], strides: [Int]
    /// Elements.
    let count: Int
    /// One past the last element in the storage; 0 for an empty tensor.
    let end: Int

    /// `nil` when a number overflows.
    init?(shape: [Int], strides: [Int], offset: Int) {
        guard let count = Shape.elementCount(shape), shape.count == strides.count else { return nil }
        // An axis of length 1 is never walked along, so its stride may be any number.
        let strides = zip(shape, strides).map { size, stride in size == 1 ? 0 : stride }
        var last = offset
        if count > 0 {
            for (size, stride) in zip(shape, strides) {
                let (reach, tooFar) = (size - 1).multipliedReportingOverflow(by: stride)
                let (sum, overflow) = last.addingReportingOverflow(reach)
                guard !tooFar, !overflow, sum < Int.max else { return nil }
                last = sum
            }
        }
        (self.shape, self.strides, self.count, end) = (shape, strides, count, count > 0 ? last + 1 : 0)
    }

    /// Row by row without gaps.
    var isContiguous: Bool {
        var expected = 1
        for (size, stride) in zip(shape, strides).reversed() where size != 1 {
            guard stride == expected else { return false }
            expected *= size
        }
        return true
    }

    /// Copies the elements, `size` bytes each, row by row. `start` is the first one.
    func gather(from start: UnsafeRawPointer, size: Int, into target: UnsafeMutableRawBufferPointer) {
        var index = Array(repeating: 0, count: shape.count), source = 0
        for place in 0..<count {
            let element = UnsafeRawBufferPointer(start: start + source * size, count: size)
            UnsafeMutableRawBufferPointer(rebasing: target[place * size..<(place + 1) * size]).copyMemory(from: element)
            var axis = shape.count - 1
            while axis >= 0 {
                index[axis] += 1
                source += strides[axis]
                if index[axis] < shape[axis] { break }
                source -= strides[axis] * shape[axis]
                index[axis] = 0
                axis -= 1
            }
        }
    }
}
