using ILGPU;

namespace AttentionKernels.Attention.Variants;

/// <summary>A table of rows, one for each query, which may be the same for all heads and sequences.</summary>
/// <typeparam name="T">The type of its numbers.</typeparam>
internal readonly struct VariantTable<T>
    where T : unmanaged
{
    private readonly ArrayView<T> _numbers;

    // From a sequence, a head and a row to the next; 0 where there is one for all.
    private readonly int _batchStride;
    private readonly int _headStride;
    private readonly int _rowStride;

    /// <summary>Makes a table.</summary>
    /// <param name="table">Its numbers [batch, heads, rows, columns], each of the first three 1 where there is one for all; the first ones
    /// may be left out.</param>
    /// <param name="ranks">The fewest and the most dimensions that it may have.</param>
    /// <param name="dimensions">What the dimensions are, for messages.</param>
    /// <param name="name">The argument's name.</param>
    /// <exception cref="ArgumentException">The tensor is of another rank, empty, not dense, or of 2³¹ numbers or more.</exception>
    public VariantTable(TensorView<T> table, (int Fewest, int Most) ranks, string dimensions, string name)
    {
        int rank = Math.Clamp(table.Shape.Rank, ranks.Fewest, ranks.Most);
        _numbers = Dense(table, rank, dimensions, name);
        if (_numbers.Length > int.MaxValue)
            throw new ArgumentException($"The shape of '{name}' is {table.Shape}; it must have fewer than 2³¹ numbers.", name);
        Columns = (int)table.Shape[rank - 1];
        Rows = rank < 2 ? 1 : (int)table.Shape[rank - 2];
        int heads = rank < 3 ? 1 : (int)table.Shape[rank - 3];
        _rowStride = Rows == 1 ? 0 : Columns;
        _headStride = heads == 1 ? 0 : Rows * Columns;
        _batchStride = rank < 4 || table.Shape[0] == 1 ? 0 : heads * Rows * Columns;
    }

    /// <summary>Rows of a head.</summary>
    public int Rows { get; }

    /// <summary>Numbers of a row.</summary>
    public int Columns { get; }

    /// <summary>Whether all heads have the same rows.</summary>
    public bool IsForAllHeads => _headStride == 0;

    /// <summary>A table of pairs of queries and keys, or of what they are cut into.</summary>
    /// <param name="table">As for the constructor, of two dimensions to four.</param>
    /// <param name="dimensions">What the dimensions are, for messages.</param>
    /// <param name="name">The argument's name.</param>
    /// <exception cref="ArgumentException">As for the constructor.</exception>
    public static VariantTable<T> OfPairs(TensorView<T> table, string dimensions, string name) =>
        new(table, (2, 4), $"{dimensions} or the last dimensions of it, two at least", name);

    /// <summary>The memory of a dense tensor that is not empty.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="rank">Its rank.</param>
    /// <param name="dimensions">What its dimensions are, for messages.</param>
    /// <param name="name">The argument's name.</param>
    /// <exception cref="ArgumentException">It is empty, not dense, or of another rank.</exception>
    public static ArrayView<T> Dense(TensorView<T> tensor, int rank, string dimensions, string name)
    {
        if (tensor.Shape.Rank != rank || tensor.ElementCount == 0)
            throw new ArgumentException($"The shape of '{name}' is {tensor.Shape}; it must be {dimensions}, and not empty.", name);
        tensor.CheckDense(name);
        return tensor.Data;
    }

    /// <summary>A number. A table that is too small for the tensors gives any of its numbers, and nothing else is read.</summary>
    public T At(int batch, int head, int row, int column)
    {
        int place = (batch * _batchStride) + (head * _headStride) + (row * _rowStride) + column;
        return _numbers[(int)Math.Min((uint)place, (uint)_numbers.IntLength - 1)];
    }
}
