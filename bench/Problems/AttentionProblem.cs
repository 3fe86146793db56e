using AttentionKernels.Oracle;

namespace AttentionKernels.Problems;

/// <summary>Attention of one shape, mask and modifier, over tensors or pages of any type, and what some of its rows have to be.</summary>
/// <param name="shape">The sizes. Its mask is that of <paramref name="mask"/>.</param>
/// <param name="mask">Makes the mask for a device.</param>
/// <param name="modifier">Makes the score modifier for a device.</param>
internal sealed partial class AttentionProblem<TMask, TModifier>(
    AttentionShape shape, Func<PreparedRow, TMask> mask, Func<PreparedRow, TModifier> modifier) : IAttentionProblem
    where TMask : struct, IMask<TMask>
    where TModifier : struct, IScoreModifier<TModifier>
{
    /// <summary>The rows of a sequence that are checked; of more than one sequence those of the first and the last.</summary>
    private const int RowsOfSequence = 16;

    /// <summary>Seeds of what is drawn.</summary>
    private const int RowSeed = 4, PageSeed = 5;

    private readonly Dictionary<DataType, float[]> _queries = [];
    private readonly Dictionary<DataType, (float[] Key, float[] Value)> _tokens = [];
    private readonly Dictionary<(DataType Type, bool Rounds), (double[] Expected, double Bound)> _references = [];

    /// <summary>Where the numbers come from.</summary>
    public IInputs Inputs { get; init; } = new NormalInputs();

    /// <summary>Whether the mask is the shape's, so that this knows how many pairs of query and key there are.</summary>
    public bool CountsOperations { get; init; } = true;

    /// <summary>A head's sink, where the score modifier has one.</summary>
    public Func<int, float>? Sink { get; init; }

    private AttentionShape Shape => shape;

    /// <summary>The tokens that are stored: those in common, then each sequence's own.</summary>
    private int StoredTokens => shape.Common + (shape.Batch * (shape.Keys - shape.Common));

    /// <inheritdoc/>
    public BenchCase Contiguous(string variant, DataType type, AttentionAlgorithm? algorithm = null) => new(
        variant, type, row => ElementTypes.Give(type, new ContiguousUser(this, row, type, new AttentionOptions { Algorithm = algorithm })));

    /// <inheritdoc/>
    public BenchCase Paged(string variant, DataType type, int pageSize, bool cascades = false) =>
        new(variant, type, row => ElementTypes.Give(type.OfQueries, new PagedUser(this, row, type, pageSize, cascades)));

    private TMask MakeMask(PreparedRow row) => mask(row);

    private TModifier MakeModifier(PreparedRow row) => modifier(row);

    private void Describe(PreparedRow row, DataType type, PreparedAttention plan)
    {
        double tokens = 2.0 * shape.TokensRead * shape.KeyValueHeads * shape.HeadDimension * type.Bytes;
        double rows = 2.0 * shape.Query.ElementCount * type.OfQueries.Bytes;
        row.Work = CountsOperations ? new Work(shape.FloatingPointOperations, tokens + rows, Traffic.Read) : default;
        row.Schedule = plan.Schedule;
        row.WorkspaceBytes = plan.WorkspaceBytes;
    }

    private Accuracy Check<T>(PreparedRow row, DataType type, ElementType<T> element, Tensor<T> output)
        where T : unmanaged
    {
        element.Poison(output);
        row.Run(0);
        float[] all = element.Read(output);
        float[] result =
        [
            .. CheckedRows().SelectMany(at => all.AsSpan(
                ((((at.Sequence * shape.Queries) + at.Query) * shape.Heads) + at.Head) * shape.HeadDimension,
                shape.HeadDimension).ToArray()),
        ];

        // Tensor cores take weights that are rounded to the type of the query.
        bool rounds = row.Schedule == KernelSchedule.TensorCore;
        if (!_references.TryGetValue((type, rounds), out (double[] Expected, double Bound) reference))
            _references[(type, rounds)] = reference = Refer(type, rounds);
        return new Accuracy(ErrorBound.Largest(result, reference.Expected).Error, reference.Bound);
    }

    private (double[] Expected, double Bound) Refer(DataType type, bool rounds)
    {
        // Masks and modifiers may hold tensors, which the oracle reads from the host.
        using AttentionDevice host = AttentionDevice.Open(DeviceKind.Cpu);
        using var tensors = new PreparedRow(host, exceedsCache: false);
        (TMask hostMask, TModifier hostModifier) = (mask(tensors), modifier(tensors));
        (float[] key, float[] value) = Tokens(type);
        List<double> expected = [];
        List<float> sequential = [];
        foreach (var sequence in CheckedRows().GroupBy(row => row.Sequence))
        {
            int queries = shape.Queries * shape.Heads * shape.HeadDimension;
            var inputs = new AttentionInputs
            {
                Query = Query(type.OfQueries).AsSpan(sequence.Key * queries, queries).ToArray(),
                Key = OfSequence(key, sequence.Key),
                Value = OfSequence(value, sequence.Key),
                FirstSequence = sequence.Key,
                Heads = shape.Heads,
                KeyValueHeads = shape.KeyValueHeads,
                Queries = shape.Queries,
                Keys = shape.Keys,
                HeadDimension = shape.HeadDimension,
            };
            (double[] Output, float[] Sequential) rows = AttentionOracle.ComputeRows(
                inputs, hostMask, hostModifier, new OracleRows([.. sequence.Select(row => (0, row.Head, row.Query))])
                {
                    RoundWeight = rounds ? type.OfQueries.Round : null,
                    Sink = Sink,
                });
            expected.AddRange(rows.Output);
            sequential.AddRange(rows.Sequential.Select(type.OfQueries.Round));
        }

        return ([.. expected], ErrorBound.Of(expected.ToArray(), sequential.ToArray(), value));
    }

    private IEnumerable<(int Sequence, int Head, int Query)> CheckedRows()
    {
        var random = new Random(RowSeed);
        foreach (int sequence in shape.Batch == 1 ? new[] { 0 } : [0, shape.Batch - 1])
        {
            // The last query sees the most keys.
            yield return (sequence, shape.Heads - 1, shape.Queries - 1);
            for (int row = 1; row < RowsOfSequence; row++)
                yield return (sequence, random.Next(shape.Heads), random.Next(shape.Queries));
        }
    }

    private float[] OfSequence(float[] tokens, int sequence)
    {
        int row = shape.KeyValueHeads * shape.HeadDimension;
        int own = shape.Keys - shape.Common;
        return [.. tokens.AsSpan(0, shape.Common * row), .. tokens.AsSpan((shape.Common + (sequence * own)) * row, own * row)];
    }

    private float[] Query(DataType type)
    {
        if (!_queries.TryGetValue(type, out float[]? numbers))
            _queries[type] = numbers = Numbers(Content.Query, shape.Query.ElementCount, type);
        return numbers;
    }

    private (float[] Key, float[] Value) Tokens(DataType type)
    {
        if (!_tokens.TryGetValue(type, out (float[] Key, float[] Value) tokens))
        {
            long count = (long)StoredTokens * shape.KeyValueHeads * shape.HeadDimension;
            _tokens[type] = tokens = (Numbers(Content.Key, count, type), Numbers(Content.Value, count, type));
        }

        return tokens;
    }

    private float[] Numbers(Content content, long count, DataType type) => type.Storable(Inputs.Take(content, count), shape.HeadDimension);

    private sealed class ContiguousUser(
        AttentionProblem<TMask, TModifier> problem, PreparedRow row, DataType type, AttentionOptions options) : IElementUser
    {
        public void Use<T>(ElementType<T> element)
            where T : unmanaged
        {
            AttentionShape shape = problem.Shape;
            (float[] key, float[] value) = problem.Tokens(type);
            AttentionPlan<T> plan = row.Own(row.Device.PlanAttention(
                shape.Query, shape.Key, problem.MakeMask(row), problem.MakeModifier(row), element.Format, options));
            Tensor<T> query = element.Upload(row, problem.Query(type), shape.Query);
            Tensor<T> output = row.Own(row.Device.Allocate<T>(shape.Query));
            (Tensor<T> Key, Tensor<T> Value)[] copies = row.MakeCopies(
                2.0 * shape.Key.ElementCount * type.Bytes,
                () => (element.Upload(row, key, shape.Key), element.Upload(row, value, shape.Key)));
            row.Queue = copy => plan.Run(query, copies[copy].Key, copies[copy].Value, output);
            row.Check = () => problem.Check(row, type, element, output);
            problem.Describe(row, type, plan);
        }
    }
}
