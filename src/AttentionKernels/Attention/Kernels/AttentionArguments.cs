using AttentionKernels.Attention.Layouts;
using AttentionKernels.Attention.State;
using AttentionKernels.Formats;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

/// <summary>
/// What every attention kernel takes: query and output, the sequences with their keys and values, and the variant.
/// </summary>
/// <typeparam name="TElement">How query and output are stored.</typeparam>
/// <typeparam name="TSequences">Where tokens lie, and how keys and values are stored.</typeparam>
/// <typeparam name="TMask">Which keys a query attends to.</typeparam>
/// <typeparam name="TModifier">What becomes of a score.</typeparam>
internal struct AttentionArguments<TElement, TSequences, TMask, TModifier>
    where TElement : unmanaged, IElement<TElement>
    where TSequences : struct, ISequences<TSequences>
    where TMask : struct, IMask<TMask>
    where TModifier : struct, IScoreModifier<TModifier>
{
    [KernelInput]
    public ArrayView<TElement> Query;
    public ArrayView<TElement> Output;

    /// <summary>Empty where no log-sum-exp is asked for.</summary>
    public ArrayView<float> LogSumExp;

    /// <summary>
    /// Naive: the scores, [batch, heads, queries, keys]. Split-KV: the partial states, for each split of each query and head the
    /// output so far, its maximum and its sum. Otherwise empty.
    /// </summary>
    public ArrayView<float> Workspace;

    /// <summary>The keys and values, and where all tokens lie.</summary>
    [KernelInput]
    public TSequences Sequences;
    [KernelInput]
    public TMask Mask;
    [KernelInput]
    public TModifier Modifier;
    public float Scale;
    public int Batch;
    public int Heads;
    public int KeyValueHeads;
    public int HeadDimension;

    /// <summary>Elements of a value, and of an output; those of a query and a key are <see cref="HeadDimension"/>.</summary>
    public int ValueDimension;

    /// <summary>The most query tokens of any sequence; tiles are counted by it, and shorter sequences leave some without work.</summary>
    public int MaximumQueries;

    /// <summary>Split-KV: into how many ranges the keys are split, each of <see cref="SplitLength"/> keys but the last.</summary>
    public int Splits;

    public int SplitLength;

    /// <summary>Split-KV: keys are split for sequences with at most this many rows a kv head; others take theirs in one go.</summary>
    public int SplitRows;

    /// <summary>Split-KV: the most partial states of a row; where it is 1, the Vector schedule stores outputs at once.</summary>
    public int States;

    public long QueryHeadStride;
    public long OutputHeadStride;

    /// <summary>The most queries of a sequence whose keys are split.</summary>
    public readonly int SplitQueries => Math.Min(MaximumQueries, SplitRows / (Heads / KeyValueHeads));

    /// <summary>Whether partial states of a sequence's rows are left and merged; the keys of other sequences are not split.</summary>
    public readonly bool LeavesStates(int batch) => TSequences.LeavesStates(
        Sequences, batch, Heads / KeyValueHeads * TSequences.QueryLength(Sequences, batch) <= SplitRows);

    /// <summary>The keys outside of which nothing is allowed for any of the given queries.</summary>
    public readonly KeyRange Range(int batch, int firstQuery, int lastQuery) => TSequences.Range(Sequences, Mask, batch, firstQuery, lastQuery);

    /// <summary>The score as it enters the softmax, −∞ where masked, of a query against one of the keys.</summary>
    public readonly float Score(float product, in Position first, int key) => Score(
        product, new Position(first.Batch, first.Head, first.Query, first.Key + key, first.QueryLength, first.KeyLength));

    /// <summary>The kv head that a query head reads: heads / kv heads query heads share one (grouped-query attention).</summary>
    public readonly int KeyValueHead(int head) => head / (Heads / KeyValueHeads);

    /// <summary>A number of a token's key.</summary>
    public readonly float KeyNumber(int batch, int key, int keyValueHead, int dimension) =>
        TSequences.KeyScale(Sequences, batch, key, keyValueHead) * TSequences.Key(Sequences, TSequences.KeyRow(Sequences, batch, key, keyValueHead), dimension);

    /// <summary>A number of a token's value.</summary>
    public readonly float ValueNumber(int batch, int key, int keyValueHead, int dimension) =>
        TSequences.ValueScale(Sequences, batch, key, keyValueHead) * TSequences.Value(Sequences, TSequences.ValueRow(Sequences, batch, key, keyValueHead), dimension);

    /// <summary>The score as it enters the softmax, −∞ where masked, from the plain product query · key.</summary>
    public readonly float Score(float product, in Position at)
    {
        float score = TModifier.Apply(Modifier, product * Scale, at);
        return TMask.Allows(Mask, at) ? score : float.NegativeInfinity;
    }

    /// <summary>Stores a row's log-sum-exp, where it is asked for.</summary>
    public readonly void StoreLogSumExp(int batch, int head, int query, SoftmaxState state)
    {
        if (LogSumExp.Length > 0)
            LogSumExp[TSequences.LogSumExpOffset(Sequences, batch, head, query)] = state.LogSumExp();
    }
}
