using System.Collections;
using System.Runtime.CompilerServices;

namespace AttentionKernels;

/// <summary>
/// The extents of a tensor, outermost first, or its strides in elements. Written as a list: <c>[2, 1024, 32, 128]</c>.
/// </summary>
/// <remarks>A value without heap memory, so that slicing and planning in a server's loop allocate nothing. At most
/// <see cref="MaximumRank"/> dimensions.</remarks>
[CollectionBuilder(typeof(TensorShape), nameof(Create))]
public readonly struct TensorShape : IEquatable<TensorShape>, IEnumerable<long>
{
    /// <summary>The most dimensions a shape can have.</summary>
    public const int MaximumRank = 8;

    private readonly Extents _extents;

    private TensorShape(Extents extents, int rank)
    {
        _extents = extents;
        Rank = rank;
    }

    /// <summary>The number of dimensions; 0 is a single element.</summary>
    public int Rank { get; }

    /// <summary>The product of the extents.</summary>
    /// <exception cref="OverflowException">The product does not fit 64 bits.</exception>
    public long ElementCount
    {
        get => TryCount(out long count) ? count : throw new OverflowException($"The shape {this} has more elements than 64 bits count.");
    }

    /// <summary>The extent of a dimension.</summary>
    /// <param name="dimension">The dimension, from 0; <c>^1</c> is the innermost.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such dimension.</exception>
    public long this[Index dimension]
    {
        get
        {
            int position = dimension.GetOffset(Rank);
            if (position < 0 || position >= Rank)
                throw new ArgumentOutOfRangeException(nameof(dimension), dimension, $"The shape {this} has {Rank} dimensions.");
            return _extents[position];
        }
    }

    /// <summary>Makes a shape from its extents.</summary>
    /// <param name="extents">The extents, outermost first.</param>
    /// <returns>The shape.</returns>
    /// <exception cref="ArgumentException">There are more than <see cref="MaximumRank"/>.</exception>
    public static TensorShape Create(ReadOnlySpan<long> extents)
    {
        if (extents.Length > MaximumRank)
            throw new ArgumentException($"A shape has at most {MaximumRank} dimensions; {extents.Length} were given.", nameof(extents));
        Extents copy = default;
        extents.CopyTo(copy);
        return new TensorShape(copy, extents.Length);
    }

    /// <summary>Whether an extent is negative.</summary>
    internal bool HasNegative => ((ReadOnlySpan<long>)_extents)[..Rank].ContainsAnyInRange(long.MinValue, -1);

    /// <summary>The product of the extents, unless 64 bits do not hold it. One of 0 makes it 0, however large the others are.</summary>
    internal bool TryCount(out long count)
    {
        Int128 product = 1;
        foreach (long extent in this)
        {
            if (extent == 0)
            {
                count = 0;
                return true;
            }

            product = Int128.Abs(product) > long.MaxValue ? product : product * extent;
        }

        count = (long)product;
        return count == product;
    }

    /// <summary>The strides, in elements, of a dense tensor of this shape with the last dimension innermost.</summary>
    /// <returns>The strides.</returns>
    /// <exception cref="OverflowException">A stride does not fit 64 bits.</exception>
    public TensorShape DenseStrides()
    {
        Extents strides = default;
        Int128 stride = 1;
        for (int dimension = Rank - 1; dimension >= 0; dimension--)
        {
            if (stride > long.MaxValue)
                throw new OverflowException($"The shape {this} has dense strides that 64 bits do not hold.");
            strides[dimension] = (long)stride;
            stride *= Math.Max(1, _extents[dimension]);
        }

        return new TensorShape(strides, Rank);
    }

    /// <summary>The first dimensions alone.</summary>
    internal TensorShape Outer(int rank) => new(_extents, rank);

    /// <summary>This shape with one extent replaced.</summary>
    /// <param name="dimension">The dimension, from 0.</param>
    /// <param name="extent">Its new extent.</param>
    /// <returns>The shape.</returns>
    public TensorShape With(int dimension, long extent)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(dimension);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(dimension, Rank);
        Extents extents = _extents;
        extents[dimension] = extent;
        return new TensorShape(extents, Rank);
    }

    /// <inheritdoc/>
    public bool Equals(TensorShape other)
    {
        ReadOnlySpan<long> left = _extents;
        ReadOnlySpan<long> right = other._extents;
        return Rank == other.Rank && left[..Rank].SequenceEqual(right[..Rank]);
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is TensorShape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        for (int dimension = 0; dimension < Rank; dimension++)
            hash.Add(_extents[dimension]);
        return hash.ToHashCode();
    }

    /// <summary>Whether two shapes have the same extents.</summary>
    public static bool operator ==(TensorShape left, TensorShape right) => left.Equals(right);

    /// <summary>Whether two shapes differ.</summary>
    public static bool operator !=(TensorShape left, TensorShape right) => !left.Equals(right);

    /// <summary>The extents as <c>[2, 1024, 32, 128]</c>.</summary>
    public override string ToString() => $"[{string.Join(", ", this)}]";

    /// <summary>Enumerates the extents, outermost first, without heap memory.</summary>
    /// <returns>The enumerator.</returns>
    public Enumerator GetEnumerator() => new(this);

    /// <inheritdoc/>
    IEnumerator<long> IEnumerable<long>.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Enumerates the extents of a shape.</summary>
    public struct Enumerator : IEnumerator<long>
    {
        private readonly TensorShape _shape;
        private int _dimension;

        internal Enumerator(TensorShape shape)
        {
            _shape = shape;
            _dimension = -1;
        }

        /// <inheritdoc/>
        public readonly long Current => _shape._extents[_dimension];

        /// <inheritdoc/>
        readonly object IEnumerator.Current => Current;

        /// <inheritdoc/>
        public bool MoveNext() => ++_dimension < _shape.Rank;

        /// <inheritdoc/>
        public void Reset() => _dimension = -1;

        /// <inheritdoc/>
        public readonly void Dispose()
        {
        }
    }

    [InlineArray(MaximumRank)]
    private struct Extents
    {
        private long _first;
    }
}
