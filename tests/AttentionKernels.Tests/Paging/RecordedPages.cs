using AttentionKernels.Paging;

namespace AttentionKernels.Tests.Paging;

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

    public void Copy(int source, int target) => Page(_device, source).CopyTo(Page(_device, target));

    public void CopyToHost(int source, int hostTarget) => Page(_device, source).CopyTo(Page(_host, hostTarget));

    public void CopyFromHost(int hostSource, int target)
    {
        Page(_host, hostSource).CopyTo(Page(_device, target));
        Page(_host, hostSource).Fill(Poison);
    }

    private Span<int> Page(int[] memory, int page) => memory.AsSpan(page * pageSize, pageSize);
}
