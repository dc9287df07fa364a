// The few words that scripts say, in the page's language.
const zh = {
  copied: "已复制",
  left: "还剩 {time}",
  days: "{d} 天 {h} 小时",
  hours: "{h} 小时 {m} 分",
  minutes: "{m} 分 {s} 秒",
  again: "{s}s后重试",
  sent: "验证码已发送",
  phoneFirst: "请先输入手机号",
  failed: "没有成功，请稍后再试",
  offline: "网络不通，内容没有提交；已填写的内容还在，请稍后再试",
  uploading: "正在上传 {percent}%",
  checking: "已上传，正在核对…",
  cancel: "取消上传",
  cancelled: "已取消上传，内容没有提交",
  restored: "已恢复上次填写的内容（不含个人信息）",
  forget: "清除",
  saved: "已自动保存",
  wan: "约 {n} 万元",
  yi: "约 {n} 亿元",
};
const en = {
  copied: "Copied",
  left: "{time} left",
  days: "{d} d {h} h",
  hours: "{h} h {m} min",
  minutes: "{m} min {s} s",
  again: "Again in {s}s",
  sent: "Code sent",
  phoneFirst: "Enter the phone number first",
  failed: "That did not work, please try again later",
  offline: "No connection. Nothing was submitted and what you typed is still here; please try again later",
  uploading: "Uploading {percent}%",
  checking: "Uploaded, being checked…",
  cancel: "Cancel upload",
  cancelled: "Upload cancelled, nothing was submitted",
  restored: "What you typed last time is back (personal data is not kept)",
  forget: "Clear",
  saved: "Saved on this device",
  wan: "",
  yi: "",
};
const words = document.documentElement.lang.startsWith("en") ? en : zh;

export function say(key, facts = {}) {
  return words[key].replace(/\{(\w+)\}/g, (_, name) => facts[name]);
}
