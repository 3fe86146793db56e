{
    // RowMoments.SumsCore<Fp32x4, StoredFp32, CachedStore>
    global float* row = (global float*)var0;
    const float scale = var1;
    const float center = var2;
    const int count = var3;
    float4 sum = 0.0f, sumError = 0.0f, squares = 0.0f, squaresError = 0.0f;
    int i = 0;
    while (i + 16 <= count) {
        float4 s0 = 0.0f, q0 = 0.0f;
        float4 s1 = 0.0f, q1 = 0.0f;
        float4 s2 = 0.0f, q2 = 0.0f;
        float4 s3 = 0.0f, q3 = 0.0f;
        const int end = min(count - 16, i + 240);
        for (; i <= end; i += 16) {
            { const float4 d = fma(vload4(0, row + (i + 0)), (float4)scale, (float4)-center); s0 = s0 + d; q0 = fma(d, d, q0); }
            { const float4 d = fma(vload4(0, row + (i + 4)), (float4)scale, (float4)-center); s1 = s1 + d; q1 = fma(d, d, q1); }
            { const float4 d = fma(vload4(0, row + (i + 8)), (float4)scale, (float4)-center); s2 = s2 + d; q2 = fma(d, d, q2); }
            { const float4 d = fma(vload4(0, row + (i + 12)), (float4)scale, (float4)-center); s3 = s3 + d; q3 = fma(d, d, q3); }
        }
        {
            const float4 term = (s0 + s1) + (s2 + s3), next = sum + term, added = next - sum;
            sumError = sumError + ((sum - (next - added)) + (term - added));
            sum = next;
        }
        {
            const float4 term = (q0 + q1) + (q2 + q3), next = squares + term, added = next - squares;
            squaresError = squaresError + ((squares - (next - added)) + (term - added));
            squares = next;
        }
    }
    for (; i + 4 <= count; i += 4) {
        { const float4 d = fma(vload4(0, row + (i)), (float4)scale, (float4)-center); sumError = sumError + d; squaresError = fma(d, d, squaresError); }
    }
    float tail = 0.0f, tailSquares = 0.0f;
    for (; i < count; i++) { const float d = fma((row)[i], (float)scale, (float)-center); tail = tail + d; tailSquares = fma(d, d, tailSquares); }
    {
        float total, error;
        { const float2 h4 = sum.lo + sum.hi; total = (h4.x + h4.y) + 0.0f; }
        { const float2 h4 = sumError.lo + sumError.hi; error = (h4.x + h4.y) + tail; }
        var4.field_0 = fabs(total) > FLT_MAX ? total : total + error;
    }
    {
        float total, error;
        { const float2 h4 = squares.lo + squares.hi; total = (h4.x + h4.y) + 0.0f; }
        { const float2 h4 = squaresError.lo + squaresError.hi; error = (h4.x + h4.y) + tailSquares; }
        var4.field_1 = fabs(total) > FLT_MAX ? total : total + error;
    }
}
