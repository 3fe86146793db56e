{
    // VectorRow.DotCore
    global float* left = var0;
    global float* right = var1;
    const int count = var2;
    float8 sum = 0.0f;
    float tail = 0.0f;
    int i = 0;
    for (; i + 8 <= count; i += 8)
    sum = fma(vload8(0, left + i), vload8(0, right + i), sum);
    for (; i < count; i++) tail = fma(left[i], right[i], tail);
    { const float4 h8 = sum.lo + sum.hi; { const float2 h4 = h8.lo + h8.hi; var3 = (h4.x + h4.y) + tail; } }
}
