using System.Collections.Concurrent;

namespace AttentionKernels.Tests.Infrastructure;

/// <summary>A device that tells how many kernels it has compiled.</summary>
internal sealed class CountedCompilations : IDisposable
{
    private readonly ConcurrentQueue<string> _names = new();

    public CountedCompilations(AttentionDevice given) => Device = given.As(given.Description, (name, compile) =>
    {
        _names.Enqueue(name);
        return compile();
    });

    public AttentionDevice Device { get; }

    public IReadOnlyCollection<string> Names => _names;

    public void Dispose() => Device.Dispose();
}
