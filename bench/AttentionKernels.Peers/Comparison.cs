using AttentionKernels.Peers.Operations;
using AttentionKernels.Peers.Peers;
using AttentionKernels.Timing;

namespace AttentionKernels.Peers;

/// <summary>Measures the library on every device against every peer.</summary>
/// <param name="devices">The devices.</param>
/// <param name="peers">The peers.</param>
/// <param name="options">How much to measure.</param>
internal sealed class Comparison(IReadOnlyList<AttentionDevice> devices, IReadOnlyList<IPeer> peers, Options options)
{
    private const string DataType = "fp32";

    private readonly TimeSpan _leastWarmUp = TimeSpan.FromSeconds(options.Quick ? 0.1 : 0.5);

    /// <summary>What has not come to rest by then is measured as it is.</summary>
    private readonly TimeSpan _mostWarmUp = TimeSpan.FromSeconds(options.Quick ? 0.5 : 4);

    /// <summary>
    /// Measures until all is done or <paramref name="cancellation"/> asks to stop, and says on standard error how far it is.
    /// </summary>
    /// <param name="operations">What is measured.</param>
    /// <param name="done">Is given all rows so far, and of these the ones of the last operation, as soon as it has them.</param>
    /// <param name="cancellation">Asks to stop behind the pair of samples that is being taken.</param>
    public IReadOnlyList<PeerRow> Run(
        IEnumerable<IOperation> operations, Action<IReadOnlyList<PeerRow>, IReadOnlyList<PeerRow>> done, CancellationToken cancellation)
    {
        List<PeerRow> rows = [];
        // What is done leaves the queue, and its inputs leave the memory.
        var queue = new Queue<IOperation>(operations);
        while (queue.TryDequeue(out IOperation? operation))
        {
            int first = rows.Count;
            foreach (AttentionDevice device in devices.TakeWhile(_ => !cancellation.IsCancellationRequested))
            {
                (IPeer Peer, Way Way)[] wanted =
                [
                    .. from peer in peers
                       from way in peer.Ways(operation)
                       where IsWanted(operation, peer, way)
                       select (peer, way),
                ];
                if (wanted.Length > 0)
                    Measure(operation, device, wanted, rows, cancellation);
            }

            if (rows.Count > first)
                done(rows, rows[first..]);
            if (cancellation.IsCancellationRequested)
                break;

            // No measurement should pay for the clean-up of the operation before it.
            GC.Collect();
        }

        return rows;
    }

    private bool IsWanted(IOperation operation, IPeer peer, Way way) => options.Filter is null
        || new[] { operation.Name, operation.Shape, peer.Name, way.Detail }.Any(
            text => text.Contains(options.Filter, StringComparison.OrdinalIgnoreCase));

    private void Measure(
        IOperation operation, AttentionDevice device, (IPeer Peer, Way Way)[] wanted, List<PeerRow> rows, CancellationToken cancellation)
    {
        int before = rows.Count;
        try
        {
            using PreparedRun ours = operation.Prepare(device);
            var sampler = new Sampler(ours.Run, operation.Copies);
            sampler.WarmUp(_leastWarmUp, _mostWarmUp);
            float[] result = ours.Result() ?? [];
            foreach ((IPeer peer, Way way) in wanted.TakeWhile(_ => !cancellation.IsCancellationRequested))
            {
                PeerRow row = Row(peer, way);
                Console.Error.WriteLine($"{row.Operation} · {row.Shape} · {row.Device} · {row.Peer} {row.Detail}");
                rows.Add(peer.Unavailable is { } reason
                    ? row with { Note = reason }
                    : Measure(row, operation, sampler, result, way, cancellation));
            }
        }
        catch (Exception exception)
        {
            // Ours is wrong, or could not be computed: what others do has nothing to be beside.
            rows.AddRange(wanted.Skip(rows.Count - before).Select(way => Row(way.Peer, way.Way) with { Note = Describe(exception) }));
        }

        PeerRow Row(IPeer peer, Way way) =>
            new(operation.Name, operation.Shape, DataType, device.Description.Family, peer.Name, way.Detail) { Tokens = operation.Tokens };
    }

    private static string Describe(Exception exception) => $"{exception.GetType().Name}: {exception.Message.ReplaceLineEndings(" ")}";

    private PeerRow Measure(
        PeerRow row, IOperation operation, Sampler ours, float[] result, Way way, CancellationToken cancellation)
    {
        try
        {
            using PreparedRun peer = way.Prepare();
            var sampler = new Sampler(peer.Run, operation.Copies);
            sampler.WarmUp(_leastWarmUp, _mostWarmUp);
            var turns = new Turns([sampler, ours], options.Repetitions, options.Patience, cancellation: cancellation);
            return row with
            {
                OursMilliseconds = turns[1].Median,
                PeerMilliseconds = way.Scale * turns[0].Median,
                Speedup = way.Scale * turns.Speedup(1, 0.5),
                SpeedupLowerQuartile = way.Scale * turns.Speedup(1, 0.25),
                SpeedupUpperQuartile = way.Scale * turns.Speedup(1, 0.75),
                MaxDifference = peer.Result() is { } other ? Difference(result, other) : null,
            };
        }
        catch (Exception exception)
        {
            // Whatever a peer does, the other rows are worth having.
            return row with { Note = Describe(exception) };
        }
    }

    private static double Difference(float[] ours, float[] others)
    {
        if (ours.Length != others.Length)
            return double.NaN;
        double largest = 0;
        for (int index = 0; index < ours.Length; index++)
        {
            double difference = Math.Abs((double)ours[index] - others[index]);
            // What is not a number is no agreement, and no number is larger.
            if (!(difference <= largest))
                largest = difference;
        }

        return largest;
    }
}
