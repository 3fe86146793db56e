using ILGPU.Runtime;

namespace AttentionKernels.Soak;

/// <summary>A thread's calls on a device, on a stream of its own, drawn by a seed.</summary>
internal sealed class Caller : IDisposable
{
    private readonly AttentionDevice _device;
    private readonly AcceleratorStream _stream;
    private readonly Random _random;
    private readonly int _seed;
    private readonly RightCalls _right;
    private readonly WrongCalls _wrong;

    public Caller(AttentionDevice device, AttentionDevice other, int seed)
    {
        _device = device;
        _seed = seed;
        _random = new Random(seed);
        _stream = device.Accelerator.CreateStream();
        _right = new RightCalls(device, _stream, _random);
        _wrong = new WrongCalls(device, other, _stream, _random);
    }

    /// <summary>How many calls there were.</summary>
    public long Calls { get; private set; }

    /// <summary>How many of them were wrong on purpose.</summary>
    public long Refused { get; private set; }

    /// <summary>What went wrong, if anything.</summary>
    public string? Failure { get; private set; }

    /// <summary>Makes each call once.</summary>
    public void TryEach()
    {
        foreach ((_, Action run) in _right.All.Concat(_wrong.All))
            run();
    }

    /// <summary>Calls until it is told to stop, or something is wrong; then all are told.</summary>
    public void Work(ReaderWriterLockSlim pause, CancellationTokenSource stop)
    {
        string call = "";
        try
        {
            while (!stop.IsCancellationRequested)
            {
                // Whoever measures waits for the calls under way.
                pause.EnterReadLock();
                try
                {
                    bool isWrong = _random.Next(3) == 0;
                    (string name, Action run) = isWrong ? _wrong.Next() : _right.Next();
                    call = name;
                    run();
                    Calls++;
                    Refused += isWrong ? 1 : 0;
                }
                finally
                {
                    pause.ExitReadLock();
                }
            }
        }
        catch (Exception exception)
        {
            Failure = $"{_device.Description.Selector}, seed {_seed}, call {Calls}, {call}: {exception}";
            stop.Cancel();
        }
    }

    public void Dispose() => _stream.Dispose();
}
