using AttentionKernels.Devices;

namespace AttentionKernels.Attention;

/// <content>Which shapes are run.</content>
internal abstract partial class AttentionKernelSet
{
    private TracedPlan? _traced;

    /// <summary>Counts a run of sequences of one length, where somebody traces shapes.</summary>
    public void Trace(int queries, int keys)
    {
        if (Device.Trace is { } trace && Problem.Batch > 0 && queries > 0 && keys > 0)
            trace.Add(Traced.Shape with { Batch = Problem.Batch, Queries = queries, Keys = keys });
    }

    /// <summary>Counts a run of sequences of any lengths, likewise: those with queries, by their means.</summary>
    /// <param name="queries">Each sequence's queries.</param>
    /// <param name="keys">Each sequence's keys; none where only the device knows.</param>
    /// <param name="mostKeys">The most keys of a sequence.</param>
    /// <param name="pageSize">Tokens of a page; 0 where there are no pages.</param>
    /// <param name="cascades">Whether tokens in common are attended to once.</param>
    public void Trace(ReadOnlySpan<int> queries, ReadOnlySpan<int> keys, int mostKeys, int pageSize = 0, bool cascades = false)
    {
        if (Device.Trace is not { } trace)
            return;
        int sequences = 0, first = -1;
        long allQueries = 0, allKeys = 0;
        bool differ = false;
        for (int sequence = 0; sequence < queries.Length; sequence++)
        {
            if (queries[sequence] == 0)
                continue;
            int length = keys.IsEmpty ? mostKeys : keys[sequence];
            if (first < 0)
                first = sequence;
            differ |= queries[sequence] != queries[first] || (!keys.IsEmpty && length != keys[first]);
            sequences++;
            allQueries += queries[sequence];
            allKeys += length;
        }

        if (sequences == 0 || allKeys < sequences)
            return;
        trace.Add(Traced.Shape with
        {
            Batch = sequences,
            Queries = Mean(allQueries),
            Keys = (int)Mean(allKeys),
            PageSize = pageSize,
            Lengths = keys.IsEmpty ? TracedLengths.Most : differ ? TracedLengths.Means : TracedLengths.Same,
            Cascades = cascades,
        });

        long Mean(long sum) => (sum + sequences - 1) / sequences;
    }

    /// <summary>What mask and modifier are.</summary>
    protected abstract TracedPlan DescribeForTrace();

    private TracedPlan Traced => _traced ??= DescribeForTrace();
}
