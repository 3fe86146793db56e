using AttentionKernels.Tensors;

namespace AttentionKernels.Positions;

/// <summary>How large the tensors of a plan of rotary embedding may be.</summary>
/// <param name="Query">The queries [batch, tokens, heads, headDim], with the largest batch, tokens and heads of a run.</param>
/// <param name="KeyHeads">The most heads of the keys; 0 where there are none.</param>
/// <param name="RotaryDimension">Elements of a head that are rotated.</param>
internal readonly record struct RotarySize(TensorShape Query, int KeyHeads, int RotaryDimension)
{
    /// <summary>Elements of the largest run.</summary>
    public long Elements => Query.ElementCount + (Query[0] * Query[1] * KeyHeads * Query[3]);

    /// <summary>Whether heads have whole fours of elements and pairs.</summary>
    public bool IsRegular => Query[3] % 4 == 0 && RotaryDimension % 8 == 0;

    /// <summary>The checked size.</summary>
    public static RotarySize Of(TensorShape query, int keyHeads, int rotaryDimension)
    {
        TensorChecks.Extents(query, 4, nameof(query), "[batch, tokens, heads, headDim]");
        ArgumentOutOfRangeException.ThrowIfNegative(keyHeads);
        if (rotaryDimension > query[3])
        {
            throw new ArgumentException(
                $"The table's rotary dimension is {rotaryDimension}; it must be at most the head dimension, {query[3]}.", nameof(query));
        }

        return new RotarySize(query, keyHeads, rotaryDimension);
    }

    /// <summary>Checks that queries, or keys, are no larger than planned.</summary>
    public void Check(TensorShape heads, string name, bool areKeys = false)
    {
        long most = areKeys ? KeyHeads : Query[2];
        if (heads.Rank != 4 || heads[0] > Query[0] || heads[1] > Query[1] || heads[2] > most || heads[3] != Query[3])
        {
            throw new ArgumentException(
                $"The shape of '{name}' is {heads}; the plan was made for [batch, tokens, heads, {Query[3]}], of at most {Query[0]} " +
                $"sequences, {Query[1]} tokens and {most} heads.", name);
        }
    }
}
