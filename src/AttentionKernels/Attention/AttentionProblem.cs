using AttentionKernels.Tensors;

namespace AttentionKernels.Attention;

/// <summary>The sizes and formats that an attention plan is made for.</summary>
/// <param name="Batch">Sequences.</param>
/// <param name="Heads">Query heads.</param>
/// <param name="KeyValueHeads">Kv heads; divides <paramref name="Heads"/>.</param>
/// <param name="HeadDimension">Elements of a head.</param>
/// <param name="MaximumQueries">The most query tokens of a sequence.</param>
/// <param name="MaximumKeys">The most key tokens of a sequence.</param>
/// <param name="IsRagged">Whether sequences have query lengths of their own, so that some may decode while others have many
/// queries.</param>
internal readonly record struct AttentionProblem(
    int Batch, int Heads, int KeyValueHeads, int HeadDimension, int MaximumQueries, int MaximumKeys, bool IsRagged)
{
    /// <summary>Elements of a value, and of an output: those of a head, unless said otherwise.</summary>
    public int ValueDimension { get; init; } = HeadDimension;

    /// <summary>The formats of query and output, of keys, and of values.</summary>
    public required (Type Element, Type Key, Type Value) Formats { get; init; }

    /// <summary>How queries are stored that are widened to the output's format before all else; <see langword="null"/> where they are of
    /// it.</summary>
    public NumberFormat? StoredQuery { get; init; }

    /// <summary>Whether mask or modifier is asked for each score: the mask has no exact range, or the modifier no formula.</summary>
    public bool AsksEachScore { get; init; }

    /// <summary>The largest head dimension that any kernel takes.</summary>
    public const int MaximumHeadDimension = 512;

    /// <summary>The largest dimension of queries and keys whose values have another one.</summary>
    public const int MaximumKeyDimension = 1024;

    /// <summary>The most rows, or keys of a sequence: what 32 bits count, with room for the last tile.</summary>
    public const int MaximumCount = int.MaxValue - 1024;

    /// <summary>That of tensors, before the value dimension is known; the sizes are still to be validated.</summary>
    /// <param name="query">The query's shape [batch, queries, heads, headDim].</param>
    /// <param name="key">The key's shape [batch, keys, kv heads, headDim].</param>
    /// <param name="formats">The formats of query and output, of keys, and of values.</param>
    /// <exception cref="ArgumentException">The shapes do not fit each other.</exception>
    public static AttentionProblem Of(TensorShape query, TensorShape key, (Type Element, Type Key, Type Value) formats)
    {
        TensorChecks.Extents(query, 4, nameof(query), "[batch, queries, heads, headDim]");
        TensorChecks.Extents(key, 4, nameof(key), "[batch, keys, kv heads, headDim]");
        if (key[0] != query[0])
            throw new ArgumentException($"The key's batch is {key[0]}; it must be the query's, {query[0]}.", nameof(key));
        if (key[3] != query[3])
            throw new ArgumentException($"The key's head dimension is {key[3]}; it must be the query's, {query[3]}.", nameof(key));
        return new AttentionProblem(
            (int)query[0], (int)query[2], (int)key[2], (int)query[3], (int)query[1], (int)key[1], IsRagged: false)
        {
            Formats = formats,
        };
    }

    /// <summary>That of tensors of these shapes.</summary>
    /// <inheritdoc cref="Of(TensorShape, TensorShape, ValueTuple{Type, Type, Type})"/>
    public static AttentionProblem Of(
        TensorShape query, TensorShape key, (Type Element, Type Key, Type Value) formats, AttentionOptions options)
    {
        AttentionProblem problem = Of(query, key, formats);
        problem = problem with { ValueDimension = options.ValueDimensionBeside(problem.HeadDimension, nameof(options)) };
        problem.Validate(nameof(query), nameof(key));
        return problem;
    }

    /// <summary>That of sequences of their own lengths.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="formats">The formats of query and output, of keys, and of values.</param>
    /// <param name="options">The plan's.</param>
    /// <exception cref="ArgumentException">The sizes do not fit each other.</exception>
    public static AttentionProblem Of(RaggedShape shape, (Type Element, Type Key, Type Value) formats, AttentionOptions options)
    {
        Require(shape.Sequences >= 0, $"There are {shape.Sequences} sequences; there must be at least 0.");
        Require(shape.MaximumQueries >= 0, $"There are {shape.MaximumQueries} queries at most; there must be at least 0.");
        Require(shape.MaximumKeys >= 0, $"There are {shape.MaximumKeys} keys at most; there must be at least 0.");
        var problem = new AttentionProblem(
            shape.Sequences, shape.Heads, shape.KeyValueHeads, shape.HeadDimension, shape.MaximumQueries, shape.MaximumKeys, IsRagged: true)
        {
            ValueDimension = options.ValueDimensionBeside(shape.HeadDimension, nameof(options)),
            Formats = formats,
        };
        problem.Validate(nameof(shape), nameof(shape));
        return problem;

        static void Require(bool holds, string message)
        {
            if (!holds)
                throw new ArgumentException(message, nameof(shape));
        }
    }

    /// <summary>Checks the sizes that no shape check covers.</summary>
    /// <exception cref="ArgumentException">The heads do not divide, the head dimension is out of range, or there are more rows or keys than
    /// kernels count.</exception>
    public void Validate(string queryName, string keyName)
    {
        if (ValueDimension is < 1 or > MaximumHeadDimension)
        {
            throw new ArgumentException(
                $"The head dimension is {ValueDimension}; it must be from 1 to {MaximumHeadDimension}, the most columns that a thread's " +
                "registers hold.", queryName);
        }

        if (ValueDimension != HeadDimension && HeadDimension is < 1 or > MaximumKeyDimension)
        {
            throw new ArgumentException(
                $"The head dimension is {HeadDimension}; beside values of dimension {ValueDimension} it must be from 1 to " +
                $"{MaximumKeyDimension}.", queryName);
        }

        if (Heads < 1)
            throw new ArgumentException($"The query has {Heads} heads; it must have at least 1.", queryName);
        if (KeyValueHeads < 1 || Heads % KeyValueHeads != 0)
        {
            throw new ArgumentException(
                $"There are {Heads} query heads and {KeyValueHeads} kv heads; the number of query heads must be a multiple of the number " +
                "of kv heads.", keyName);
        }

        // Kernels count rows and tiles in 32 bits, rounded up to whole tiles.
        if ((long)MaximumQueries * (Heads / KeyValueHeads) > MaximumCount || MaximumKeys > MaximumCount)
        {
            throw new ArgumentException(
                $"There are {MaximumQueries} queries of {Heads / KeyValueHeads} heads a kv head, and {MaximumKeys} keys; their product, " +
                $"and the keys, must be at most {MaximumCount}.", queryName);
        }

        if ((Int128)Batch * Heads * MaximumQueries > MaximumCount)
        {
            throw new ArgumentException(
                $"There are {Batch} sequences of {Heads} heads and {MaximumQueries} queries; there must be at most {MaximumCount} rows " +
                "in all.", queryName);
        }
    }
}
