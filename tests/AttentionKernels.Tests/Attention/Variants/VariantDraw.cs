namespace AttentionKernels.Tests.Attention.Variants;

/// <summary>A mask with its definition, and what it was drawn as.</summary>
internal sealed record DrawnMask<TMask>(TMask Mask, Func<Position, bool> Allows, string Text)
    where TMask : struct, IMask<TMask>;

/// <summary>A modifier with its definition, and what it was drawn as.</summary>
internal sealed record DrawnModifier<TModifier>(TModifier Modifier, Func<float, Position, float> Apply, string Text)
    where TModifier : struct, IScoreModifier<TModifier>
{
    /// <summary>What products of integers are multiplied by, so that modified scores lie 104 or more apart, beyond which a weight is
    /// 0.</summary>
    public float Scale { get; init; } = VariantDraw.Apart;

    /// <summary>Whether scores of two keys may be equal; otherwise the modifier would break the tie by too little, or a sink make three of
    /// it.</summary>
    public bool MayTie { get; init; } = true;

    /// <summary>The score of each head's sink.</summary>
    public Func<int, float>? Sink { get; init; }
}

/// <summary>Draws the parameters and tables of masks and modifiers for a problem, and holds the tables.</summary>
internal sealed class VariantDraw(AttentionDevice device, Combination problem) : IDisposable
{
    /// <summary>How far scores of small integers lie apart.</summary>
    public const float Apart = 128f;

    private readonly List<IDisposable> _tensors = [];

    /// <summary>The problem.</summary>
    public Combination Problem { get; } = problem;

    /// <summary>What variants are drawn from; the problem has its own.</summary>
    public Random Random { get; } = new(~problem.Seed);

    /// <summary>A table in device memory.</summary>
    public Tensor<T> Upload<T>(T[] numbers, params ReadOnlySpan<long> shape)
        where T : unmanaged
    {
        Tensor<T> tensor = device.Upload(numbers, TensorShape.Create(shape));
        _tensors.Add(tensor);
        return tensor;
    }

    /// <summary>Numbers of one kind.</summary>
    public static T[] Numbers<T>(int count, Func<T> next) => [.. Enumerable.Range(0, count).Select(_ => next())];

    /// <summary>A table of rows for each sequence or all, each head or all.</summary>
    public PairTable<T> Pairs<T>(int rows, int columns, Func<T> next)
        where T : unmanaged
    {
        int batches = Random.Next(2) == 0 ? 1 : Problem.Batch;
        int heads = Random.Next(2) == 0 ? 1 : Problem.Heads;
        T[] numbers = Numbers(batches * heads * rows * columns, next);
        Tensor<T> tensor = batches > 1 ? Upload(numbers, batches, heads, rows, columns)
            : heads > 1 ? Upload(numbers, heads, rows, columns)
            : Upload(numbers, rows, columns);
        return new PairTable<T>(tensor, numbers, batches, heads, rows, columns);
    }

    /// <inheritdoc/>
    public void Dispose() => _tensors.ForEach(tensor => tensor.Dispose());
}

/// <summary>A table in device memory, and its numbers [batch, heads, rows, columns] on the host, where each of the first three may be 1 for
/// all.</summary>
internal sealed record PairTable<T>(Tensor<T> Tensor, T[] Numbers, int Batches, int Heads, int Rows, int Columns)
    where T : unmanaged
{
    /// <summary>A number.</summary>
    public T At(int batch, int head, int row, int column) =>
        Numbers[(((((Batches == 1 ? 0 : batch) * Heads) + (Heads == 1 ? 0 : head)) * Rows + (Rows == 1 ? 0 : row)) * Columns) + column];

    /// <inheritdoc/>
    public override string ToString() => $"{Tensor.Shape}";
}
