# Requests with Ruby's net/http. Job in the environment, as for web.py.
require 'net/http'
url = URI(ENV['URL'])
Net::HTTP.start(url.host, url.port, use_ssl: true, verify_mode: OpenSSL::SSL::VERIFY_NONE) do |http|
  ENV['TIMES'].to_i.times do
    request = ENV['BODY'].to_s.empty? ? Net::HTTP::Get.new(url) : Net::HTTP::Post.new(url)
    request.body = ENV['BODY'] unless ENV['BODY'].to_s.empty?
    request['Authorization'] = ENV['AUTHORIZATION'] unless ENV['AUTHORIZATION'].to_s.empty?
    request['Cookie'] = ENV['COOKIE'] unless ENV['COOKIE'].to_s.empty?
    http.request(request)
  end
end
