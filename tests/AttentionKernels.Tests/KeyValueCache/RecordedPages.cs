using AttentionKernels.KeyValueCache;
using ILGPU.Runtime;

namespace AttentionKernels.Tests.KeyValueCache;

/// <summary>Page memory of numbers on the host, which stand for keys and values.</summary>
internal sealed class RecordedPages(int pages, int hostPages, int pageSize) : IPageMemory
{
    private readonly int[] _device = Enumerable.Repeat(Poison, pages * pageSize).ToArray();
    private readonly int[] _host = Enumerable.Repeat(Poison, hostPages * pageSize).ToArray();

    public const int Poison = int.MinValue;

    /// <summary>What a slot holds.</summary>
    public ref int this[long slot] => ref _device[slot];

    /// <summary>Fills a page that lost its content.</summary>
    public void PoisonPage(int page) => _device.AsSpan(page * pageSize, pageSize).Fill(Poison);

    /// <summary>Whether copies fail, as they do where a device is lost.</summary>
    public bool Fails { get; set; }

    public void CheckStream(AcceleratorStream? stream)
    {
    }

    public void Copy(PageCopy copy, AcceleratorStream? stream, int source, int target)
    {
        if (Fails)
            throw new InvalidOperationException("The copy has failed.");
        Span<int> from = Page(copy == PageCopy.FromHost ? _host : _device, source);
        from.CopyTo(Page(copy == PageCopy.ToHost ? _host : _device, target));
        if (copy == PageCopy.FromHost)
            from.Fill(Poison);
    }

    private Span<int> Page(int[] memory, int page) => memory.AsSpan(page * pageSize, pageSize);
}
